import { enableCompileCache } from 'node:module';
import path from 'node:path';

/** Makes Node.js keep compiled modules; to be called before other modules load. Without a folder it compiles at each start. */
export function keepCompiledModules(): void {
  enableCompileCache(path.join(import.meta.dirname, '../../node_modules/.cache/compiled'));
}
