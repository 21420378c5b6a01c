import type { WatcherReply } from './messages.ts';
import { monotonicMs } from './monotonic.ts';

/** The same watch by @photon-ai/imessage-kit, which looks at nothing but the name of the platform. */
const [databasePath = ''] = process.argv.slice(2);
const say = (reply: WatcherReply): void => void process.send?.(reply);

Object.defineProperty(process, 'platform', { value: 'darwin' });
try {
  const { IMessageSDK } = await import('@photon-ai/imessage-kit');
  const sdk = new IMessageSDK({ databasePath });
  await sdk.startWatching({
    onIncomingMessage: (message) => say({ heard: message.text ?? '', at: monotonicMs() }),
  });
  say({ ready: true });
} catch (error) {
  say({ cannot: error instanceof Error ? error.message : String(error) });
}
