import type { CoreContext } from './context.ts';
import type { FactCore } from './fact-types.ts';
import { partsOf } from './message-parts.ts';
import { getCall, listCalls } from './read-calls.ts';
import { getGroup, listGroups } from './read-groups.ts';
import { describeLines, usageOfLine } from './read-lines.ts';
import { getMedia, openMedia } from './read-media.ts';
import { addMedia, expectMedia, handOverMedia, receiveMedia } from './receive-media.ts';

/** The use-cases around what Macs tell beside messages. */
export const factCore = (context: CoreContext): FactCore => ({
  partsOf: (messages) => partsOf(context.store, messages),
  getCall: (caller, id) => getCall(context, caller, id),
  listCalls: (caller, filter, page) => listCalls(context, caller, filter, page),
  getGroup: (caller, id) => getGroup(context, caller, id),
  listGroups: (caller, page) => listGroups(context, caller, page),
  describeLines: (accountId) => describeLines(context, accountId),
  usageOfLine: (caller, lineId, days) => usageOfLine(context, caller, lineId, days),
  getMedia: (caller, id) => getMedia(context, caller, id),
  openMedia: (caller, id, signal) => openMedia(context, caller, id, signal),
  addMedia: (caller, media, repeatable) => addMedia(context, caller, media, repeatable),
  expectMedia: (request) => expectMedia(context, request),
  receiveMedia: (request, bytes, content) => receiveMedia(context, request, bytes, content),
  handOverMedia: (request) => handOverMedia(context, request),
});
