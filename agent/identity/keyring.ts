/**
 * The keys of the agent while one takes the place of another.
 *
 * - `settled`: one key, on the disk and with the bridge.
 * - `made`: a second key is on the disk; the bridge may know it or not. Connections are opened with the first.
 * - `announced`: the bridge has said that it knows the second key, and takes either. Connections are opened with it.
 *
 * ```
 * settled ──make──> made ──announced──> announced ──a session opened with it──> settled, with the second key alone
 *                    ^ └──the bridge refuses the first key: it knows the second──> announced
 *                    └────────the bridge refuses the second key: it has forgotten it─────┘
 * ```
 *
 * Only the files survive a crash: with a second key in the folder the agent begins at `made`, and finds its way from there
 * wherever the bridge is. The second file takes the place of the first by one rename, after a session was opened with it.
 */
import { type KeyObject, sign } from 'node:crypto';
import { type RotationRequest, rotationText } from '../../bridge/protocol/rotation.ts';
import { keyFingerprint } from '../../bridge/runtime/signature.ts';
import { damaged } from './damaged.ts';
import { keyFile, makeKey, publicHalf, readKey } from './key.ts';
import { replaceFile } from './private-file.ts';

export type KeyState = 'settled' | 'made' | 'announced';

export class Keyring {
  readonly #home: string;
  #present: KeyObject;
  #next: KeyObject | undefined;
  #announced = false;
  #refusals = 0;

  /** Throws AppError `identity_damaged`. */
  constructor(home: string) {
    const present = readKey(home);
    if (!present) throw damaged('agent.key');
    this.#home = home;
    this.#present = present;
    this.#next = readKey(home, 'next');
  }

  get state(): KeyState {
    if (!this.#next) return 'settled';
    return this.#announced ? 'announced' : 'made';
  }

  /** Fingerprints of the present key, and of the next one while there is one. */
  fingerprints(): { key: string; nextKey: string | null } {
    return {
      key: keyFingerprint(publicHalf(this.#present)),
      nextKey: this.#next ? keyFingerprint(publicHalf(this.#next)) : null,
    };
  }

  /** A signature by the key that is in use, base64url. */
  sign(text: Buffer): string {
    return sign(null, text, (this.#announced && this.#next) || this.#present).toString('base64url');
  }

  /** Makes the next key, if there is none: durable when it returns. */
  make(): void {
    this.#next ??= makeKey(this.#home, 'next');
  }

  /** How the next key is told to the bridge; undefined while there is none. */
  announcement(agentId: string): RotationRequest | undefined {
    if (!this.#next) return undefined;
    const publicKey = publicHalf(this.#next);
    const text = rotationText(agentId, publicKey);
    const by = (key: KeyObject): string => sign(null, text, key).toString('base64url');
    return { agentId, publicKey, signature: by(this.#present), proof: by(this.#next) };
  }

  /** The bridge knows the next key. */
  announced(): void {
    this.#announced = this.#next !== undefined;
  }

  /** The bridge does not know the key in use; true when the other one is in use now and was not refused just before. */
  refused(): boolean {
    if (!this.#next) return false;
    this.#announced = !this.#announced;
    this.#refusals += 1;
    return this.#refusals % 2 === 1;
  }

  /** A session was opened with the key in use. Returns whether that was the next one, which is the present one now. */
  opened(): boolean {
    this.#refusals = 0;
    if (!this.#next || !this.#announced) return false;
    replaceFile(keyFile(this.#home, 'next'), keyFile(this.#home, 'present'));
    this.#present = this.#next;
    this.#next = undefined;
    this.#announced = false;
    return true;
  }
}
