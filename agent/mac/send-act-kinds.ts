import { statSync } from 'node:fs';
import type { ActKind, ActKinds } from './act-kinds.ts';
import type { Lock } from './locks.ts';
import { notStarted } from './outcome.ts';
import type { SendAct, SendFile, SendText, SendToChat } from './send-acts.ts';
import { refusal, textRefusal } from './send-text-check.ts';
import { isStaged } from './staging.ts';
import type { ActOutcome } from './types.ts';

/** Guid of a chat of either kind: `<service or any>;-;<handle>` or `…;+;<identifier>`. */
const CHAT = /^[A-Za-z]{1,20};[-+];[^\s;]{1,320}$/;

const SERVICES: readonly unknown[] = [undefined, 'iMessage', 'SMS', 'RCS'];

const locks: readonly Lock[] = ['messages'];

function sendText(act: SendText): ActOutcome | undefined {
  return serviceRefusal(act) ?? refusal(act);
}

function sendToChat({ chat, text }: SendToChat): ActOutcome | undefined {
  return chatRefusal(chat) ?? textRefusal(text, { chat, text });
}

function sendFile(act: SendFile): ActOutcome | undefined {
  const refused =
    'handle' in act ? (serviceRefusal(act) ?? refusal({ ...act, text: act.path })) : chatRefusal(act.chat);
  if (refused) return refused;
  const stat = isStaged(act.path) ? statSync(act.path, { throwIfNoEntry: false }) : undefined;
  return stat?.isFile()
    ? undefined
    : notStarted('file_not_sendable', 'the file is not where Messages may read it');
}

const serviceRefusal = ({ service }: { service?: unknown }): ActOutcome | undefined =>
  SERVICES.includes(service) ? undefined : notStarted('service_unavailable', 'Messages has no such service');

const chatRefusal = (chat: string): ActOutcome | undefined =>
  CHAT.test(chat) ? undefined : notStarted('invalid_recipient', 'the chat is not the guid of a chat');

const kindOf = <A extends SendAct>(script: string, check: ActKind<A>['refusal']): ActKind<A> => ({
  script,
  libraries: ['sending'],
  locks,
  refusal: check,
});

/** Acts that only need Messages' own scripting. */
export const sendKinds: ActKinds<SendAct['kind']> = {
  send_text: kindOf('send-text', sendText),
  send_to_chat: kindOf('send-text', sendToChat),
  send_file: kindOf('send-file', sendFile),
};
