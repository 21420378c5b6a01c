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
  linkChangedSchema,
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
  linkChangedSchema,
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
export type AttachmentChangedEvent = Extract<AgentEvent, { type: 'attachment.changed' }>;
export type LinkChangedEvent = Extract<AgentEvent, { type: 'link.changed' }>;
export type MessageEditedEvent = Extract<AgentEvent, { type: 'message.edited' }>;
export type MessageUnsentEvent = Extract<AgentEvent, { type: 'message.unsent' }>;
export type ReactionEvent = Extract<AgentEvent, { type: 'reaction.added' | 'reaction.removed' }>;
export type GroupChangedEvent = Extract<
  AgentEvent,
  { type: 'group.name_changed' | 'group.icon_changed' | 'group.member_added' | 'group.member_removed' }
>;
export type CallEvent = Extract<AgentEvent, { direction: 'outbound' | 'inbound' }>;
export type CapabilitiesEvent = Extract<AgentEvent, { type: 'line.capabilities' }>;
export type LineLimitReachedEvent = Extract<AgentEvent, { type: 'line.limit_reached' }>;
export type LookupAnsweredEvent = Extract<AgentEvent, { type: 'lookup.answered' }>;
export type MediaUploadedEvent = Extract<AgentEvent, { type: 'media.uploaded' }>;
export type MessageReceivedEvent = Extract<AgentEvent, { type: 'message.received' }>;
export type MessageStateEvent = Extract<
  AgentEvent,
  { type: 'message.sent' | 'message.delivered' | 'message.read' | 'message.failed' }
>;
