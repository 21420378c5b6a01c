import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { builtFile } from '../../bridge/runtime/package-root.ts';
import { AppleEventFailure, type ControlRequest, controlAnswerSchema } from './control.ts';

const NOT_RUNNING = -600;

/** Calls of a program to the virtual Mac that wait for their answer, as Apple events do. */
export class Calls {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #signal = new Int32Array(new SharedArrayBuffer(4));

  /** @param path Unix socket of the virtual Mac. */
  constructor(path: string) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(builtFile('agent', 'virtual-mac', 'osascript-wire.js'), {
      workerData: { path, port: port2, signal: this.#signal },
      transferList: [port2],
    });
  }

  /** Throws AppleEventFailure; -600 when the virtual Mac is not there. */
  call(request: ControlRequest): unknown {
    this.#port.postMessage(JSON.stringify(request));
    Atomics.wait(this.#signal, 0, 0);
    Atomics.store(this.#signal, 0, 0);
    const line: unknown = receiveMessageOnPort(this.#port)?.message;
    if (typeof line !== 'string') throw new AppleEventFailure(NOT_RUNNING);
    const answer = controlAnswerSchema.parse(JSON.parse(line));
    if ('result' in answer) return answer.result;
    throw new AppleEventFailure('appleError' in answer ? answer.appleError : -1708);
  }

  async close(): Promise<void> {
    this.#port.close();
    await this.#worker.terminate();
  }
}
