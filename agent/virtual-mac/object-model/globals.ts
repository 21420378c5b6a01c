import { AppleEventFailure } from '../control.ts';
import { cocoaGlobals, currentApplication } from './cocoa.ts';
import { type Call, FilePath, messagesApplication } from './messages.ts';
import { systemEventsApplication } from './system-events.ts';

export interface GlobalsOptions {
  call: Call;
  environment: Readonly<Record<string, string | undefined>>;
  /** Writes a line to stderr. */
  log: (line: string) => void;
}

/** The global names of a JavaScript program under osascript, as far as programs of ours use them. */
export function jxaGlobals({ call, environment, log }: GlobalsOptions): object {
  const application = (name: string): object => {
    if (name === 'Messages' || name === 'com.apple.MobileSMS') return messagesApplication(call);
    if (name === 'System Events') return systemEventsApplication(call);
    throw new AppleEventFailure(-2700);
  };
  return {
    ...cocoaGlobals(call, environment),
    Path: (file: unknown) => new FilePath(String(file)),
    Application: Object.assign(application, { currentApplication: () => currentApplication(call) }),
    console: { log: (...values: unknown[]) => log(values.map(String).join(' ')) },
  };
}
