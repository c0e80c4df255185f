import type { Facade, Route, RouteId } from './index.ts';
import { routes } from './index.ts';

/** The method and path of each operation on one side. */
export type Addresses = Partial<Record<RouteId, { method: Route['method']; path: string }>>;

/** The method and path of every operation that a side offers: a client needs nothing else of the contract at runtime. */
export function addressesOf(facade: Facade): Addresses {
  const offered = Object.entries<Route>(routes).flatMap(([id, { method, ...sides }]) => {
    const side = sides[facade];
    return side ? [[id, { method, path: side.path }]] : [];
  });
  return Object.fromEntries(offered);
}
