import { z } from 'zod';
import type { Caller, Core } from '../../core/types.ts';
import { actions } from '../../protocol/common.ts';
import type { LineStateEvent } from '../../protocol/line-events.ts';
import { isoTime } from '../../runtime/clock.ts';
import type { LineReport } from '../../store/types.ts';
import { isoTimeSchema } from '../fields.ts';
import { remainingOf, remainingSchema } from './line-usage-object.ts';

const capabilitiesSchema = z
  .object({
    imessage: z.boolean(),
    facetimeAudio: z.boolean(),
    facetimeVideo: z.boolean(),
    macos: z.string().describe('Release of macOS.'),
    checkedAt: isoTimeSchema,
    actions: z.array(
      z.object({
        action: z.enum(actions),
        method: z
          .enum(['scripting', 'ui', 'files', 'unavailable'])
          .describe('`unavailable` is refused before anything happens.'),
        macos: z.string().describe('Releases for which the method is known to work.'),
        reason: z.string(),
        calibrated: z.enum(['works', 'fails', 'never']).describe('How it went when it was last tried out.'),
      }),
    ),
  })
  .meta({ id: 'Capabilities' });

const stateFields = {
  ban: z
    .object({
      status: z.enum(['none', 'suspected', 'banned']),
      detectedAt: isoTimeSchema.nullable(),
      reason: z.string().nullable(),
    })
    .nullable(),
  warmup: z
    .object({
      day: z.int().describe('Local days since the line was activated, from 1.'),
      stage: z.int().nullable().describe('Step of the curve, from 1.'),
      completed: z.boolean(),
      newConversationCap: z.int().describe('Of this day.'),
      dailyCap: z.int().describe('Most sends of this day that are no replies.'),
    })
    .nullable(),
  usage: z
    .object({
      date: z.string().meta({ format: 'date' }).describe('Local day of the line.'),
      sent: z.int(),
      received: z.int(),
      newConversations: z.int(),
      proactive: z.int().describe('Sends that are no replies.'),
      ...remainingSchema,
      resetsAt: isoTimeSchema,
    })
    .nullable()
    .describe('Of this day; null until the Mac has told of it.'),
  lastInboundAt: isoTimeSchema.nullable().describe('When anything last arrived in Messages.'),
};

export const lineSchema = z
  .object({
    id: z.string(),
    handle: z.string().describe('E.164 number or email from which messages leave.'),
    status: z
      .enum(['provisioning', 'warming', 'active', 'paused', 'offline', 'banned'])
      .describe(
        'What the line can do now, as `line.status_changed` last told. `provisioning`: its Mac has told nothing yet. `paused`: only replies within 24 hours leave. `offline`: its Mac is away for longer than a minute; messages wait for it. `banned`: nothing leaves.',
      ),
    health: z
      .enum(['healthy', 'at_risk', 'critical'])
      .nullable()
      .describe('What threatens the line; null until its Mac has told, as are ban and warmup.'),
    ...stateFields,
    mode: z.enum(['live', 'sandbox']),
    connected: z.boolean().describe('Whether its Mac is connected at this moment.'),
    lastSeenAt: isoTimeSchema.nullable().describe('When its Mac was last there, to about a minute.'),
    offlineSince: isoTimeSchema.nullable().describe('When it was told as offline, while it is.'),
    capabilities: capabilitiesSchema.nullable().describe('What its Mac can do; null until it has told.'),
  })
  .meta({ id: 'Line' });

type KnownLine = Awaited<ReturnType<Core['describeLines']>>[number];

const lineObject = ({
  line,
  condition,
  report,
  usage,
  connected,
  lastSeenAt,
}: KnownLine): z.infer<typeof lineSchema> => ({
  id: line.id,
  handle: line.handle,
  status: condition.status,
  health: condition.health,
  ...stateObject(report?.state ?? null, usage),
  ...(line.bannedAt === null ? {} : { ban: banOf(line.bannedAt, line.banReason) }),
  mode: 'live',
  connected,
  lastSeenAt: lastSeenAt === null ? null : isoTime(lastSeenAt),
  offlineSince: typeof report?.offlineSince === 'number' ? isoTime(report.offlineSince) : null,
  capabilities: capabilitiesOf(report),
});

function stateObject(
  state: LineStateEvent | null,
  today: LineStateEvent['usage'] | null,
): Pick<z.infer<typeof lineSchema>, 'ban' | 'warmup' | 'usage' | 'lastInboundAt'> {
  if (state === null) return { ban: null, warmup: null, usage: null, lastInboundAt: null };
  const { ban, warmup, lastInboundAt } = state;
  const { status, since, reason } = ban;
  return {
    ban: { status, detectedAt: since, reason },
    warmup: { ...warmup, stage: warmup.stage ?? null },
    usage: today && { ...today, ...remainingOf({ ...today, ...warmup }) },
    lastInboundAt,
  };
}

const banOf = (bannedAt: number, reason: string | null) =>
  ({ status: 'banned', detectedAt: isoTime(bannedAt), reason }) as const;

function capabilitiesOf(report: LineReport | undefined): z.infer<typeof capabilitiesSchema> | null {
  if (!report?.capabilities) return null;
  const { macos, at, actions: told } = report.capabilities;
  const can = (wanted: (typeof actions)[number]): boolean =>
    told.some(({ action, method }) => action === wanted && method !== 'unavailable');
  return {
    imessage: can('send_text'),
    facetimeAudio: can('call_audio'),
    facetimeVideo: can('call_video'),
    macos,
    checkedAt: at,
    actions: told,
  };
}

/** The lines of the caller's account, as the API shows them; both modes have the same ones. */
export async function linesOf(core: Core, { accountId }: Caller): Promise<z.infer<typeof lineSchema>[]> {
  const lines = await core.describeLines(accountId);
  return lines.map(lineObject);
}
