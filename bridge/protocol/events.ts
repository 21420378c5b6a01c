import { z } from 'zod';
import {
  callSchema,
  capabilitiesSchema,
  commandStateSchema,
  groupChangedSchema,
  lineLimitReachedSchema,
  lineStateSchema,
  lookupAnsweredSchema,
  mediaUploadedSchema,
} from './line-events.ts';
import {
  attachmentChangedSchema,
  messageEditedSchema,
  messageReceivedSchema,
  messageStateSchema,
  messageUnsentSchema,
  reactionEventSchema,
} from './message-events.ts';

/** A fact from agent to bridge. */
export const agentEventSchema = z.discriminatedUnion('type', [
  messageReceivedSchema,
  attachmentChangedSchema,
  messageEditedSchema,
  messageUnsentSchema,
  reactionEventSchema,
  messageStateSchema,
  commandStateSchema,
  groupChangedSchema,
  callSchema,
  capabilitiesSchema,
  lineStateSchema,
  lineLimitReachedSchema,
  lookupAnsweredSchema,
  mediaUploadedSchema,
]);

export type AgentEvent = z.infer<typeof agentEventSchema>;
export type CommandStateEvent = Extract<AgentEvent, { type: 'command.state' }>;
export type MessageReceivedEvent = Extract<AgentEvent, { type: 'message.received' }>;
export type MessageStateEvent = Extract<
  AgentEvent,
  { type: 'message.sent' | 'message.delivered' | 'message.read' | 'message.failed' }
>;
