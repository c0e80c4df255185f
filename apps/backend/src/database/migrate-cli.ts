import { readConfig } from '../config.ts';
import { migrate } from './migrate.ts';

const applied = await migrate(readConfig().DATABASE_URL);
process.stdout.write(applied.length ? `Applied ${applied.join(', ')}\n` : 'The database is up to date\n');
