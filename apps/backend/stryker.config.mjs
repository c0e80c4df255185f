import { strykerConfig } from '@agentbot/config/stryker';

// Modules whose result depends on their arguments alone, or on what a chain's node answers.
export default strykerConfig({
  mutate: [
    'src/config/{allowed-images,keyring,secret-strength}.ts',
    'src/domain/accounts/{entitlements,subscription-status}.ts',
    'src/domain/agents/addresses.ts',
    'src/domain/audit/entry-hash.ts',
    'src/domain/cloning/{payment-proof,payment-terms}.ts',
    'src/domain/containers/{allowed-domains,container-spec,image-policy}.ts',
    'src/domain/operations/operation-columns.ts',
    'src/domain/telemetry/logs/{log-line,skipped-lines}.ts',
    'src/domain/telemetry/stats/{format,usage-between}.ts',
    'src/domain/verification/{attestation,sign-in-message,verification-metadata}.ts',
    'src/edge/engine-proxy/{allowed-calls,creation-bodies}.ts',
    'src/http/{authorize,idempotency-key,next-page,require-plain-data}.ts',
    'src/infra/crypto/{envelope,sealed-stream}.ts',
    'src/infra/database/{read-column,refused-data}.ts',
    'src/infra/docker/{container-options,engine-log,engine-usage,image-name,slots,stored-spec,volume-tar}.ts',
    'src/infra/logging/create-logger.ts',
    'src/infra/openclaw/{abort-command,agent-config,config-builder,config-differences,config-shape,legacy-models,model-choice,model-endpoint,providers}.ts',
    'src/infra/stripe/plan-prices.ts',
    'src/shared/{actor,page-cursor,redact}.ts',
    'src/workers/engine-outage.ts',
  ],
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  // These tests read files of the checkout's root, which Stryker's copy does not have.
  ignore: ['/src/(config/config|edge/engine-proxy/allowed-calls-adr)\\.test\\.ts$'],
});
