import pg from 'pg';
import type { Cancel, Clock } from '../runtime/clock.ts';
import type { Signals } from './types.ts';

const CHANNEL = 'bluerelay';
const CONNECT_LIMIT_MS = 10_000;
/** How soon a connection that broke is made anew. */
const AGAIN_MS = 1_000;

/** `NOTIFY` on the pool, `LISTEN` on a connection of its own, which is made when somebody listens and again when it breaks. */
export class PostgresSignals implements Signals {
  readonly #url: string;
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #onTrouble: (error: unknown) => void;
  readonly #listeners = new Set<(text: string) => void>();
  readonly #sending = new Set<Promise<void>>();
  #client: pg.Client | undefined;
  #again: Cancel | undefined;
  #connecting: Promise<void> | undefined;
  #closed = false;
  /** What was told that it does not work, until it does again. */
  readonly #troubled = new Set<'listen' | 'notify'>();

  /** `onTrouble` is told why word from other bridges does not come or go, once for each until it does again. */
  constructor(url: string, pool: pg.Pool, clock: Clock, onTrouble: (error: unknown) => void) {
    this.#url = url;
    this.#pool = pool;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  signal(text: string): void {
    const sending = this.#pool.query('select pg_notify($1, $2)', [CHANNEL, text]).then(
      () => void this.#troubled.delete('notify'),
      // What is lost is found by whoever looks into the store now and then.
      (error: unknown) => this.#trouble('notify', error),
    );
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  onSignal(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#client && !this.#again) this.#connect();
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#again?.();
    await this.#connecting;
    await Promise.all([...this.#sending]);
    await this.#client?.end();
  }

  #connect(): void {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      keepAlive: true,
      application_name: 'bluerelay-bridge-listen',
    });
    this.#client = client;
    // Each way to break ends the connection.
    client.on('error', (error) => this.#trouble('listen', error));
    client.once('end', () => this.#reconnect(client));
    client.on('notification', ({ payload = '' }) => {
      for (const listener of this.#listeners) listener(payload);
    });
    this.#connecting = client
      .connect()
      .then(() => client.query(`listen ${CHANNEL}`))
      .then(
        () => void this.#troubled.delete('listen'),
        (error: unknown) => {
          this.#trouble('listen', error);
          this.#reconnect(client);
          // It may be half open; that it did not work is known already.
          void client.end().catch(() => undefined);
        },
      );
  }

  #trouble(what: 'listen' | 'notify', error: unknown): void {
    if (this.#troubled.has(what) || this.#closed) return;
    this.#troubled.add(what);
    this.#onTrouble(error);
  }

  #reconnect(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    if (this.#closed) return;
    this.#again = this.#clock.after(
      AGAIN_MS,
      () => {
        this.#again = undefined;
        this.#connect();
      },
      { unref: true },
    );
  }
}
