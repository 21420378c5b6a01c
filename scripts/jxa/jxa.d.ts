/**
 * The terms of Messages, and of osascript's JavaScript, that our programs may use: no others are known to be there.
 * Every property of an application object is a specifier; calling it is what sends the Apple event.
 */

declare const console: {
  /** Writes to stderr. */
  log(text: string): void;
};

/** Thrown where an Apple event fails; the text is localised, the number is not. */
interface AppleEventError extends Error {
  errorNumber?: number;
}

interface MessagesAccount {
  id(): string;
  description(): string;
  enabled(): boolean;
  /** `iMessage`, `SMS` or `RCS`. */
  serviceType(): string;
  connectionStatus(): string;
  participants: {
    byName(handle: string): MessagesParticipant;
    /** `<account id>:<handle>`. */
    byId(id: string): MessagesParticipant;
  };
}

interface MessagesParticipant {
  id(): string;
  handle(): string;
}

interface MessagesChat {
  /** Evaluates the specifier: fails with -1728 where Messages does not know the chat. */
  (): MessagesChat;
  id(): string;
}

/** A file, as `send` takes it. */
interface JxaPath {
  toString(): string;
}

declare function Path(path: string): JxaPath;

interface MessagesApplication {
  running(): boolean;
  quit(): void;
  accounts(): MessagesAccount[];
  chats: { byId(guid: string): MessagesChat };
  send(content: string | JxaPath, options: { to: MessagesParticipant | MessagesChat }): void;
}

declare function Application(name: 'Messages'): MessagesApplication;
