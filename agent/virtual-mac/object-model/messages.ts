import type { ControlRequest, ParticipantName } from '../control.ts';
import { AppleEventFailure } from '../control-answer.ts';
import { fieldsOf, listOf } from '../fields.ts';

/** Sends an Apple event to Messages and waits for its answer; throws AppleEventFailure. */
export type Call = (request: ControlRequest) => unknown;

const accountShape = {
  id: 'string',
  description: 'string',
  enabled: 'boolean',
  serviceType: 'string',
  connectionStatus: 'string',
} as const;
const participantShape = { id: 'string', handle: 'string' } as const;
const chatShape = { id: 'string' } as const;

type Account = ReturnType<typeof fieldsOf<typeof accountShape>>;
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
    const read = () => fieldsOf(call({ call: 'participant', participant: name }), participantShape);
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
    const read = () => fieldsOf(call({ call: 'chat', id }), chatShape);
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
    accounts: () => listOf(call({ call: 'accounts' }), accountShape).map(account),
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
