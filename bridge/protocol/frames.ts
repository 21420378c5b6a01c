import { z } from 'zod';
import { commandSchema } from './commands.ts';
import { handleSchema, timeSchema } from './common.ts';
import { agentEventSchema } from './events.ts';

const seqSchema = z.int().min(0);

/** Bridge, first frame of a connection: what the agent must sign. */
export const challengeSchema = z.strictObject({
  type: z.literal('challenge'),
  /** 32 random bytes, base64url; good for this connection only. */
  nonce: z.string().min(43).max(43),
  serverTime: timeSchema,
});

/** Agent, first frame of a connection. */
export const helloSchema = z.strictObject({
  type: z.literal('hello'),
  protocol: z.int().min(1),
  agentId: z.string().min(1).max(64),
  /** Ed25519 signature over {@link signedText}, base64url. */
  signature: z.string().min(86).max(86),
  /** Identity of the agent's journal; a new one starts its event numbers from 1 again. */
  journalId: z.string().min(1).max(64),
  /** Highest command that is durable in the journal: the bridge sends from the next one on. */
  commandAck: seqSchema,
  /**
   * Highest event that the journal ever gave out; in the first hello of a program, before it began. The bridge knows by it
   * a journal that was put back.
   */
  eventSeq: seqSchema.optional(),
  /** What the agent's clock shows now: the bridge knows by it what the times of its events are by its own. */
  time: timeSchema.optional(),
  agentVersion: z.string().max(40),
  macosVersion: z.string().max(40),
});

/** Bridge: the connection is accepted. */
export const welcomeSchema = z.strictObject({
  type: z.literal('welcome'),
  sessionId: z.string().min(1).max(64),
  /** Highest event of this journal that is durable in the store: the agent sends from the next one on. */
  eventAck: seqSchema,
  /**
   * The first command of this session has the next number: the highest that the agent ever acknowledged, with this
   * journal or an earlier one, so that commands which may have been carried out never reach a journal that forgot them.
   */
  commandAck: seqSchema,
  line: z.strictObject({
    id: z.string(),
    handle: handleSchema,
    /** Nothing may leave from it: an operator called it banned. Absent while nobody does. */
    banned: z.strictObject({ since: timeSchema, reason: z.string().max(300).nullable() }).optional(),
  }),
});

/** Agent: one fact. `seq` counts from 1 without gaps in one journal. */
export const eventFrameSchema = z.strictObject({
  type: z.literal('event'),
  seq: z.int().min(1),
  event: agentEventSchema,
});

/** Bridge: one order. `seq` counts without gaps for one agent, in a session from `welcome.commandAck` + 1. */
export const commandFrameSchema = z.strictObject({
  type: z.literal('command'),
  seq: z.int().min(1),
  command: commandSchema,
});

/** Either side: everything up to `seq` is durable here. */
export const ackSchema = z.strictObject({ type: z.literal('ack'), seq: seqSchema });

/** What a bridge may receive. */
export const fromAgentSchema = z.discriminatedUnion('type', [helloSchema, eventFrameSchema, ackSchema]);
/** What an agent may receive. */
export const fromBridgeSchema = z.discriminatedUnion('type', [
  challengeSchema,
  welcomeSchema,
  commandFrameSchema,
  ackSchema,
]);

export type Hello = z.infer<typeof helloSchema>;
export type FrameFromAgent = z.infer<typeof fromAgentSchema>;
export type FrameFromBridge = z.infer<typeof fromBridgeSchema>;

/** The bytes that a `hello` signs: bound to the protocol, the agent and the nonce of this connection. */
export const signedText = (agentId: string, nonce: string): Buffer =>
  Buffer.from(`bluerelay-link-v1\n${agentId}\n${nonce}`, 'utf8');
