import { sql } from 'kysely';
import { operatorErrors } from '../protocol/errors.ts';
import { AppError } from '../runtime/app-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { accountOperations } from './accounts.ts';
import { agentOperations } from './agents.ts';
import { apiKeyOperations } from './api-keys.ts';
import { callOperations } from './calls.ts';
import { commandOperations } from './commands.ts';
import { conversationReading } from './conversation-list.ts';
import { conversationOperations } from './conversations.ts';
import type { Engine, Session } from './database.ts';
import { deliveryOperations } from './deliveries.ts';
import { enrolmentTokenOperations } from './enrolment-tokens.ts';
import { eventOperations } from './events.ts';
import { factOperations } from './facts.ts';
import { groupOperations } from './groups.ts';
import { idempotencyKeyOperations } from './idempotency-keys.ts';
import { lineOperationKeeping } from './line-operations.ts';
import { lineReportOperations } from './line-reports.ts';
import { lineUsageOperations } from './line-usage.ts';
import { lineOperations } from './lines.ts';
import { mediaOperations } from './media.ts';
import { messageRowOperations } from './message-rows.ts';
import { messageOperations } from './messages.ts';
import { migrateToLatest } from './migrate.ts';
import { reactionOperations } from './reactions.ts';
import { openSqlite } from './sqlite.ts';
import { timelineOperations } from './timeline.ts';
import type { Store, StoreOperations } from './types.ts';
import { webhookOperations } from './webhooks.ts';

export interface StoreOptions {
  /** `sqlite:<path>`, or `postgres://…` with TLS as its `sslmode` says. */
  url: string;
  clock: Clock;
  /** Told why word of what other bridges on one Postgres store does not come, once until it does again: it is found later then. */
  onTrouble?: (error: unknown) => void;
}

/** Operations that change nothing; every other one called outside of a transaction gets one of its own. */
const READS = new Set<keyof StoreOperations>([
  'listAccounts',
  'findApiKey',
  'findLineByHandle',
  'findLine',
  'listLines',
  'findAgent',
  'findAgentOfLine',
  'listAgents',
  'findLineOfParticipant',
  'findMessage',
  'findMessageByGuid',
  'findMessageRow',
  'listMessageRows',
  'listMessages',
  'listTimeline',
  'listCommands',
  'findWebhook',
  'listWebhooks',
  'nextDeliveryAt',
  'findCommand',
  'listRejectedEvents',
  'listReactions',
  'findGroup',
  'listGroups',
  'listMembers',
  'findCall',
  'findCallByCommand',
  'findCallByUuid',
  'listCalls',
  'findLineReport',
  'listLineReports',
  'listTurnedLines',
  'listLineUsage',
  'hasInboundSince',
  'findCommandResult',
  'findMedia',
  'findMediaById',
  'findMediaByCommand',
  'listAttachments',
  'findLineOperation',
  'listLineOperations',
  'listGroupOperations',
  'findConversation',
  'findConversationWith',
  'listConversations',
  'findActiveCall',
]);

/**
 * Opens the store and brings its schema up to date. Throws `invalid_store_url` or `store_too_new`, or what the database
 * itself says when it cannot be reached.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const engine = namingRefusals(await openEngine(options));
  try {
    await migrateToLatest(engine, options.clock.now());
  } catch (error) {
    await engine.close();
    throw error;
  }
  return {
    ...outsideTransactions(engine),
    transaction: (work) => engine.transaction((session) => work(operations(session))),
    check: () => engine.read(async ({ db }) => void (await sql`select 1`.execute(db))),
    signal: (text) => engine.signals.signal(text),
    onSignal: (listener) => engine.signals.onSignal(listener),
    close: () => engine.close(),
  };
}

/** The same engine, whose transactions throw `row_refused` where the database refuses what a row holds. */
function namingRefusals(engine: Engine): Engine {
  return {
    ...engine,
    async transaction(work) {
      try {
        return await engine.transaction(work);
      } catch (cause) {
        if (!engine.refuses(cause)) throw cause;
        const { retry, hint } = operatorErrors.row_refused;
        throw new AppError('The database refuses a row', { code: 'row_refused', retry, hint, cause });
      }
    },
  };
}

async function openEngine({ url, clock, onTrouble = () => undefined }: StoreOptions): Promise<Engine> {
  if (/^sqlite:./.test(url)) return openSqlite(url.slice('sqlite:'.length));
  // What a SQLite store never needs is loaded where it is wanted.
  if (/^postgres(ql)?:\/\//.test(url))
    return (await import('./postgres.ts')).openPostgres(url, clock, onTrouble);
  throw new AppError('The URL of the store is of no known kind', {
    code: 'invalid_store_url',
    ...operatorErrors.invalid_store_url,
  });
}

const operations = (session: Session): StoreOperations => ({
  ...accountOperations(session),
  ...apiKeyOperations(session),
  ...enrolmentTokenOperations(session),
  ...lineOperations(session),
  ...agentOperations(session),
  ...conversationOperations(session),
  ...conversationReading(session),
  ...messageOperations(session),
  ...messageRowOperations(session),
  ...timelineOperations(session),
  ...commandOperations(session),
  ...idempotencyKeyOperations(session),
  ...webhookOperations(session),
  ...eventOperations(session),
  ...deliveryOperations(session),
  ...factOperations(session),
  ...reactionOperations(session),
  ...groupOperations(session),
  ...callOperations(session),
  ...lineReportOperations(session),
  ...lineUsageOperations(session),
  ...lineOperationKeeping(session),
  ...mediaOperations(session),
});

function outsideTransactions(engine: Engine): StoreOperations {
  const direct = operations(engine.session);
  const wrap = <K extends keyof StoreOperations>(name: K): [K, StoreOperations[K]] => {
    type Call = (...args: unknown[]) => Promise<unknown>;
    const run: Call = READS.has(name)
      ? (...args) => engine.read(() => (direct[name] as Call)(...args))
      : (...args) => engine.transaction((session) => (operations(session)[name] as Call)(...args));
    return [name, run as StoreOperations[K]];
  };
  const names = Object.keys(direct) as (keyof StoreOperations)[];
  return Object.fromEntries(names.map(wrap)) as unknown as StoreOperations;
}
