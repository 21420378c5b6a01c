import { AppleEventFailure } from '../control.ts';
import { type Call, messagesApplication } from './messages.ts';

export interface GlobalsOptions {
  call: Call;
  environment: Readonly<Record<string, string | undefined>>;
  /** Writes a line to stderr. */
  log: (line: string) => void;
}

/** The global names of a JavaScript program under osascript, as far as programs of ours use them. */
export function jxaGlobals({ call, environment, log }: GlobalsOptions): object {
  return {
    Application: (name: string) => {
      if (name !== 'Messages' && name !== 'com.apple.MobileSMS') throw new AppleEventFailure(-2700);
      return messagesApplication(call);
    },
    ObjC: { import: (_framework: string) => undefined },
    $: { getenv: (name: string) => environment[name] },
    console: { log: (...values: unknown[]) => log(values.map(String).join(' ')) },
  };
}
