import type { Patch } from '../patch.ts';

const source = (name: string) => `apps/backend/src/domain/${name}.ts`;
const account = (name: string) => ({ package: '@agentbot/backend', file: 'test/account.test.ts', name });
const update = source('accounts/update-account');
const close = source('offboarding/close-account');
const resume = source('offboarding/remove-closed-accounts');

/** The account page: password, sessions, export and deletion. */
export const accounts: Patch[] = [
  {
    id: 'password-keeps-sessions',
    file: update,
    find: '    await endSessionsOf(tx, clock, id, actor);\n',
    replace: '',
    harm: 'a thief stays signed in after the owner has changed the password',
    test: account('ends every other session'),
  },
  {
    id: 'password-ends-own-session',
    file: update,
    find: 'endSessionsOf(tx, clock, id, actor)',
    replace: 'endSessionsOf(tx, clock, id)',
    harm: 'a person who changes the password is thrown out of the page',
    test: account('ends every other session'),
  },
  {
    id: 'password-keeps-links',
    file: update,
    find: '    await tx.passwordReset.deleteMany({ where: { ownerId: id } });\n',
    replace: '',
    harm: 'an old mailed link still sets a password after a change',
    test: account('ends every other session'),
  },
  {
    id: 'current-password-unchecked',
    file: update,
    find: "throw new AppError('WRONG_PASSWORD');\n  return",
    replace: 'return row.passwordHash;\n  return',
    harm: 'a person at an unlocked screen takes the account over',
    test: account('with a wrong current password'),
  },
  {
    id: 'password-unlimited',
    file: 'apps/backend/src/http/handlers/account.ts',
    find: 'if (body.password === undefined) await change();',
    replace: 'if (body) await change();',
    harm: 'a stolen session tries passwords without a limit',
    test: account('is limited like a sign-in'),
  },
  {
    id: 'foreign-session',
    file: source('accounts/sessions'),
    find: 'database.as({ userId: ownerId }, (tx) =>\n    tx.session.updateMany({ where: { id, ownerId, endedAt: null }',
    replace: "database.as('service', (tx) =>\n    tx.session.updateMany({ where: { id, endedAt: null }",
    harm: 'a user signs another user out',
    test: account('of another account are 404'),
  },
  {
    id: 'delete-last-administrator',
    file: source('accounts/administrators'),
    find: 'if (!others.some((other) => isAdministrator(config, other)))',
    replace: 'if (others.length < 0)',
    harm: 'nobody administers the installation any more',
    test: account('refuses the last administrator'),
  },
  {
    id: 'delete-administrators-race',
    file: source('accounts/administrators'),
    find: '  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${ADMINISTRATORS_LOCK})`;\n',
    replace: '',
    harm: 'two administrators leave at once, and nobody is left',
    test: account('refuses the last administrator'),
  },
  {
    id: 'delete-billed',
    file: close,
    find: '{ notIn: ENDED }',
    replace: "'active'",
    harm: 'Stripe goes on billing a person whose account is gone',
    test: account('refuses an account that Stripe still bills'),
  },
  {
    id: 'delete-keeps-keys',
    file: close,
    find: '    await removeCredentials(tx, id);\n',
    replace: '',
    harm: 'a program still acts for an account that is being deleted',
    test: account('cancels what an agent is doing'),
  },
  {
    id: 'delete-row-first',
    file: resume,
    find: '|| (await tx.agent.count({ where: { ownerId: id } }))',
    replace: '',
    harm: 'containers and volumes of a deleted account stay without an owner',
    test: account('cancels what an agent is doing'),
  },
  {
    id: 'delete-waits-for-operation',
    file: resume,
    find: 'operationTypes[operation.kind as OperationKind].cancellable',
    replace: 'false',
    harm: 'a deleted account keeps working for as long as its agents’ operations take',
    test: account('cancels what an agent is doing'),
  },
  {
    id: 'delete-open-account',
    file: resume,
    find: 'where: { closingAt: { not: null } }, select',
    replace: 'select',
    harm: 'maintenance removes an account that nobody wants to delete',
    test: account('leaves accounts that are not closing alone'),
  },
];
