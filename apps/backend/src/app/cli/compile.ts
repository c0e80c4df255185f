import { flushCompileCache } from 'node:module';
import { keepCompiledModules } from '../compile-cache.ts';

// Run while the image is built, by the user who runs the backend: in a container the cache can be read and not written.
keepCompiledModules();
await import('../server.ts');
flushCompileCache();
