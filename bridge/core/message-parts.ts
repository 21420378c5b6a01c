import type { AttachmentObject, ReactionObject } from '../protocol/customer-objects.ts';
import { isoTime } from '../runtime/clock.ts';
import type { Attachment, Message, NamedPart, StandingReaction, StoreOperations } from '../store/types.ts';
import type { MessageParts } from './fact-types.ts';

/** Path of the bytes of a file, for who has the API key. */
const contentPath = (mediaId: string): string => `/v1/media/${mediaId}/content`;

/** A file of a message as customers see it. */
export function attachmentObject(attachment: Attachment): AttachmentObject {
  const id = attachment.state === 'failed' ? null : attachment.mediaId;
  return {
    id,
    filename: attachment.name,
    mimeType: attachment.mimeType,
    sizeBytes: attachment.bytes,
    kind: attachment.kind,
    state: attachment.state,
    url: id === null ? null : contentPath(id),
    part: attachment.part,
    position: attachment.place,
    transcription: attachment.transcription,
    rendition: renditionOf(attachment),
  };
}

function renditionOf({ state, renditionId: id, renditionName, renditionType }: Attachment) {
  if (state === 'failed' || id === null) return null;
  return { id, filename: renditionName ?? 'file', mimeType: renditionType ?? '', url: contentPath(id) };
}

/** What a reply names, as customers see it: the Mac's name only where the API has none. */
export const replyObject = ({
  messageId,
  guid,
  part,
}: NamedPart): { messageId: string | null; part: number; guid?: string } =>
  messageId === null ? { messageId, part, guid } : { messageId, part };

const reactionObject = ({
  reaction,
  emoji,
  actor,
  direction,
  part,
  at,
}: StandingReaction): ReactionObject => ({
  reaction,
  ...(emoji === null ? {} : { emoji }),
  from: actor,
  direction,
  part,
  at: isoTime(at),
});

/** Attachments and standing reactions of some messages, by the id of the message. */
export async function partsOf(
  store: StoreOperations,
  messages: readonly Message[],
): Promise<Map<string, MessageParts>> {
  const parts = new Map<string, MessageParts>(
    messages.map(({ id }) => [id, { attachments: [], reactions: [] }]),
  );
  for (const attachment of await store.listAttachments([...parts.keys()]))
    parts.get(attachment.messageId)?.attachments.push(attachmentObject(attachment));
  for (const lineId of new Set(messages.map((message) => message.lineId))) {
    const named = messages.filter((message) => message.lineId === lineId && message.guid !== null);
    const rowOf = new Map(named.map(({ id, guid }) => [guid, { messageId: id, part: 0 }]));
    for (const row of await store.listMessageRows(named.map(({ id }) => id))) rowOf.set(row.guid, row);
    for (const reaction of await store.listReactions(lineId, [...rowOf.keys()] as string[])) {
      const row = rowOf.get(reaction.targetGuid);
      if (!row) continue;
      const part = row.part + reaction.part;
      parts.get(row.messageId)?.reactions.push(reactionObject({ ...reaction, part }));
    }
  }
  return parts;
}
