import useSWR from 'swr';
import { api } from '../api/client.ts';

/** The versions of OpenClaw that an agent may run. */
export const useOpenclawVersions = () => useSWR('openclaw versions', () => api('listOpenclawVersions', {}));
