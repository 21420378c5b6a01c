import { createHash, randomUUID } from 'node:crypto';

/** A new guid of a row: a UUID in upper case, as Messages writes them. */
export const newGuid = (): string => randomUUID().toUpperCase();

/** A UUID in upper case that is the same for the same name. */
export function namedGuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex').toUpperCase();
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `A${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}

export const isEmail = (handle: string): boolean => handle.includes('@');

/** A handle as rows hold it: E.164 as it is, an email in lower case. */
export const canonicalHandle = (handle: string): string => (isEmail(handle) ? handle.toLowerCase() : handle);

/** Who owns the virtual Mac. */
export interface Owner {
  /** The own handle: where messages come to and leave from. */
  line: string;
  /** `account` of message rows and `account_login` of chats: `E:` and an email, or `P:` and a number. */
  account: string;
  accountGuid: string;
}

export function ownerOf(line: string): Owner {
  const handle = canonicalHandle(line);
  return {
    line: handle,
    account: `${isEmail(handle) ? 'E' : 'P'}:${handle}`,
    accountGuid: namedGuid(`account ${handle}`),
  };
}
