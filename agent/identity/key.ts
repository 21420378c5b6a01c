import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import path from 'node:path';
import { damaged } from './damaged.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';

const keyFile = (home: string): string => path.join(home, 'agent.key');

/** The agent's private key, or undefined before it was made. Throws AppError `identity_damaged`. */
export function readKey(home: string): KeyObject | undefined {
  const pem = readIfThere(keyFile(home));
  if (pem === undefined) return undefined;
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw damaged('agent.key', error);
  }
}

/**
 * The public half of the agent's key, raw, base64url. The key is made on first use and is on the disk (0600) before
 * this returns; its private half never leaves the folder.
 */
export function publicKeyOf(home: string): string {
  let key = readKey(home);
  if (!key) {
    key = generateKeyPairSync('ed25519').privateKey;
    writePrivateFile(keyFile(home), key.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return String(x);
}
