import { z } from 'zod';
import { AppleEventFailure, type ControlRequest, type ParticipantName } from '../control.ts';

/** Sends an Apple event to Messages and waits for its answer; throws AppleEventFailure. */
export type Call = (request: ControlRequest) => unknown;

const accountSchema = z.object({
  id: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  serviceType: z.string(),
  connectionStatus: z.string(),
});
const participantSchema = z.object({ id: z.string(), handle: z.string() });
const chatSchema = z.object({ id: z.string() });

type Account = z.infer<typeof accountSchema>;
type Target = Extract<ControlRequest, { call: 'send' }>['to'];

const BAD_PARAMETER = -1700;

/** What `Path(…)` gives: a file, not the text of its path. */
export class FilePath {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/**
 * `Application('Messages')` as JXA shows it. Properties are functions, and specifiers are lazy: a participant or chat
 * that is not there is found out when something of it is read, or when a message is sent to it.
 */
export function messagesApplication(call: Call): object {
  const targets = new WeakMap<object, Target>();

  const participant = (name: ParticipantName): object => {
    const read = () => participantSchema.parse(call({ call: 'participant', participant: name }));
    const specifier = Object.assign(() => specifier, { id: () => read().id, handle: () => read().handle });
    targets.set(specifier, { participant: name });
    return specifier;
  };

  const account = (values: Account): object => {
    const named = (by: 'name' | 'id') => (value: string) => participant({ account: values.id, by, value });
    return {
      id: () => values.id,
      description: () => values.description,
      enabled: () => values.enabled,
      serviceType: () => values.serviceType,
      connectionStatus: () => values.connectionStatus,
      participants: { byName: named('name'), byId: named('id') },
    };
  };

  const chat = (id: string): object => {
    const read = () => chatSchema.parse(call({ call: 'chat', id }));
    const specifier = Object.assign(
      () => {
        read();
        return specifier;
      },
      { id: () => read().id },
    );
    targets.set(specifier, { chat: id });
    return specifier;
  };

  return {
    running: () => isRunning(call),
    accounts: () =>
      z
        .array(accountSchema)
        .parse(call({ call: 'accounts' }))
        .map(account),
    quit: () => {
      call({ call: 'quit' });
    },
    chats: { byId: chat },
    send: (content: unknown, options?: { to?: object }) => {
      const to = options?.to && targets.get(options.to);
      if (!to) throw new AppleEventFailure(BAD_PARAMETER);
      if (typeof content === 'string') call({ call: 'send', text: content, to });
      else if (content instanceof FilePath) call({ call: 'send', file: content.path, to });
      else throw new AppleEventFailure(BAD_PARAMETER);
    },
  };
}

function isRunning(call: Call): boolean {
  try {
    return call({ call: 'running' }) === true;
  } catch (error) {
    if (error instanceof AppleEventFailure && error.errorNumber === -600) return false;
    throw error;
  }
}
