import path from 'node:path';
import type { NextConfig } from 'next';
import { textsPlugin } from './lingui-plugin.ts';

const securityHeaders = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
];

const config: NextConfig = {
  // A build for the image also has a folder with a server and the files that it reads. `next start` serves the same build, but not with this setting.
  ...(process.env.NEXT_OUTPUT === 'standalone' && { output: 'standalone' }),
  poweredByHeader: false,
  devIndicators: false,
  transpilePackages: ['@agentbot/contracts'],
  turbopack: {
    root: path.join(import.meta.dirname, '../..'),
    rules: { '*.po': { loaders: [path.join(import.meta.dirname, 'scripts/catalogue-loader.mjs')], as: '*.js' } },
  },
  experimental: { swcPlugins: [['@lingui/swc-plugin', textsPlugin]] },
  outputFileTracingRoot: path.join(import.meta.dirname, '../..'),
  // Types are checked by `pnpm verify`, once.
  typescript: { ignoreBuildErrors: true },
  headers: async () => [{ source: '/:path*', headers: securityHeaders }],
};

export default config;
