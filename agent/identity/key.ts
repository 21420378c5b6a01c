import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import path from 'node:path';
import { damaged } from './damaged.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';

/** The key of the agent, and the one that takes its place while keys are rotated. */
const FILES = { present: 'agent.key', next: 'agent.next.key' } as const;

export const keyFile = (home: string, which: keyof typeof FILES): string => path.join(home, FILES[which]);

/** A private key of the agent, or undefined before it was made. Throws AppError `identity_damaged`. */
export function readKey(home: string, which: keyof typeof FILES = 'present'): KeyObject | undefined {
  const pem = readIfThere(keyFile(home, which));
  if (pem === undefined) return undefined;
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw damaged(FILES[which], error);
  }
}

/** A new private key, which is on the disk (0600) before this returns and never leaves the folder. */
export function makeKey(home: string, which: keyof typeof FILES): KeyObject {
  const key = generateKeyPairSync('ed25519').privateKey;
  writePrivateFile(keyFile(home, which), key.export({ type: 'pkcs8', format: 'pem' }).toString());
  return key;
}

/** The public half of a key, raw, base64url. */
export const publicHalf = (key: KeyObject): string =>
  String(createPublicKey(key).export({ format: 'jwk' }).x);

/** The public half of the agent's key, raw, base64url; the key is made on first use. */
export const publicKeyOf = (home: string): string => publicHalf(readKey(home) ?? makeKey(home, 'present'));
