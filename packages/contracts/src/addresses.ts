import type { Facade, Route, RouteId } from './index.ts';
import { routes } from './index.ts';

/** How each operation is addressed on one side. */
export type Addresses = Partial<Record<RouteId, { method: Route['method']; path: string }>>;

/** Method and path of every operation that a side offers: all a client needs of the contract while it runs. */
export function addressesOf(facade: Facade): Addresses {
  const offered = Object.entries<Route>(routes).flatMap(([id, { method, ...sides }]) => {
    const side = sides[facade];
    return side ? [[id, { method, path: side.path }]] : [];
  });
  return Object.fromEntries(offered);
}
