import type { FinishedCall } from '../types.ts';
import { appleSeconds } from './apple-time.ts';
import { ChatFile, type Row } from './chat-file.ts';
import { openCallHistory } from './files.ts';
import { canonicalHandle, isEmail, namedGuid, newGuid, type Owner } from './identity.ts';

/** `ZCALLTYPE`. */
const callTypes = { phone: 1, 'facetime-video': 8, 'facetime-audio': 16 } as const;

/** Numbers of the entities in the model of macOS 26.5.2, which also stand in names of tables and columns. */
const CALL_RECORD = 2;
const HANDLE = 4;

/** `ZDISCONNECTED_CAUSE`. */
const ENDED = 0;
const DECLINED = 6;

/** Kinds of handles as CallKit numbers them. */
const handleType = (handle: string): number => (isEmail(handle) ? 3 : 2);

const uuidBytes = (guid: string): Buffer => Buffer.from(guid.replaceAll('-', ''), 'hex');

function columnsOf(call: FinishedCall, handles: readonly string[]): Row {
  const [only] = handles;
  const peer = handles.length === 1 && only !== undefined ? only : null;
  const isFaceTime = call.kind !== 'phone';
  const isOutgoing = call.direction === 'out';
  return {
    ZANSWERED: Number(call.answered),
    ZCALLTYPE: callTypes[call.kind],
    ZDISCONNECTED_CAUSE: call.declined ? DECLINED : ENDED,
    ZORIGINATED: Number(isOutgoing),
    ZREAD: Number(isOutgoing || call.answered),
    ZDATE: appleSeconds(call.at),
    ZDURATION: call.durationMs / 1000,
    ZADDRESS: peer,
    ZHANDLE_TYPE: peer === null ? 0 : handleType(peer),
    ZSERVICE_PROVIDER: isFaceTime ? 'com.apple.FaceTime' : 'com.apple.Telephony',
    ZPARTICIPANTGROUPUUID: isFaceTime ? uuidBytes(newGuid()) : null,
    ZJUNKCONFIDENCE: 0,
    ZFILTERED_OUT_REASON: 0,
    ZHASMESSAGE: 0,
  };
}

/** The call history, which knows calls only once they have ended. */
export class Calls {
  readonly #home: string;
  readonly #owner: Owner;
  #file: ChatFile | undefined;

  constructor(home: string, owner: Owner) {
    this.#home = home;
    this.#owner = owner;
  }

  insert(call: FinishedCall): string {
    this.#file ??= new ChatFile(openCallHistory(this.#home));
    const file = this.#file;
    const id = call.id ?? newGuid();
    const handles = [...new Set(call.handles.map(canonicalHandle))];
    file.write(() => {
      const key = this.#nextKey(file, 'ZCALLRECORD', CALL_RECORD, 'CallRecord');
      file.insert('ZCALLRECORD', {
        Z_PK: key,
        Z_ENT: CALL_RECORD,
        Z_OPT: 1,
        ZUNIQUE_ID: id,
        ZLOCALPARTICIPANTUUID: uuidBytes(namedGuid(`participant ${this.#owner.line}`)),
        ...columnsOf(call, handles),
      });
      for (const handle of handles) {
        file.insert('Z_2REMOTEPARTICIPANTHANDLES', {
          Z_2REMOTEPARTICIPANTCALLS: key,
          Z_4REMOTEPARTICIPANTHANDLES: this.#handle(file, handle),
        });
      }
    });
    return id;
  }

  close(): void {
    this.#file?.close();
  }

  #handle(file: ChatFile, handle: string): number {
    const found = file.get<{ Z_PK: number }>('ZHANDLE', ['Z_PK'], { ZNORMALIZEDVALUE: handle });
    if (found) return found.Z_PK;
    const key = this.#nextKey(file, 'ZHANDLE', HANDLE, 'Handle');
    file.insert('ZHANDLE', {
      Z_PK: key,
      Z_ENT: HANDLE,
      Z_OPT: 1,
      ZTYPE: handleType(handle),
      ZNORMALIZEDVALUE: handle,
      ZVALUE: handle,
    });
    return key;
  }

  /** Core Data numbers the rows of an entity itself and keeps the last number. */
  #nextKey(file: ChatFile, table: 'ZCALLRECORD' | 'ZHANDLE', entity: number, name: string): number {
    const key =
      (file.first<{ last: number | null }>(`SELECT max(Z_PK) AS last FROM ${table}`)?.last ?? 0) + 1;
    if (file.update('Z_PRIMARYKEY', { Z_MAX: key }, { Z_ENT: entity }) === 0) {
      file.insert('Z_PRIMARYKEY', { Z_ENT: entity, Z_NAME: name, Z_SUPER: 0, Z_MAX: key });
    }
    return key;
  }
}
