import type { Cancel, Clock } from '../../../bridge/runtime/clock.ts';
import type { Faults } from '../faults.ts';
import { wayOf } from '../people.ts';
import { type MacosRelease, type MessagesStore, macosReleases } from '../types.ts';
import { custom, press, type UiNode, type UiProcess } from './types.ts';
import { inLanguage } from './words.ts';

/** How long a call rings that nobody takes, in milliseconds. */
const RINGS_MS = 30_000;

export interface PhoneOptions {
  macos: MacosRelease;
  store: MessagesStore;
  faults: Faults;
  clock: Clock;
}

interface Call {
  handle: string;
  medium: 'audio' | 'video';
  startedAt: number;
  answeredAt: number | undefined;
}

/** FaceTime as a program sees it: the prompt of macOS, and the windows of FaceTime and Phone while a call lasts. */
export class Phone {
  readonly #options: PhoneOptions;
  #prompt: Pick<Call, 'handle' | 'medium'> | undefined;
  #call: Call | undefined;
  #cancel: Cancel | undefined;

  constructor(options: PhoneOptions) {
    this.#options = options;
  }

  get processes(): readonly UiProcess[] {
    return [
      {
        name: 'NotificationCenter',
        bundleId: 'com.apple.notificationcenterui',
        windows: () => this.#notifications(),
        open: (url) => this.#open(url),
      },
      { name: 'FaceTime', bundleId: 'com.apple.FaceTime', windows: () => this.#faceTime() },
      { name: 'Phone', bundleId: 'com.apple.mobilephone', windows: () => this.#phone() },
    ];
  }

  /** A call of somebody else that is over; returns its UUID in the history. */
  received(
    from: string,
    medium: Call['medium'],
    end: 'answered' | 'missed' | 'declined',
    durationMs: number,
  ): string {
    const { store, clock } = this.#options;
    return store.insertCall({
      kind: medium === 'audio' ? 'facetime-audio' : 'facetime-video',
      direction: 'in',
      handles: [from],
      answered: end === 'answered',
      declined: end === 'declined',
      at: clock.now(),
      durationMs: end === 'answered' ? durationMs : 0,
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Opening the URL of a call never calls by itself: macOS asks first. */
  #open(url: URL): boolean {
    if (url.protocol !== 'facetime:' && url.protocol !== 'facetime-audio:') return false;
    const medium = url.protocol === 'facetime:' ? 'video' : 'audio';
    this.#prompt = { handle: decodeURIComponent(url.pathname), medium };
    return true;
  }

  #confirm(): void {
    if (!this.#prompt) return;
    const { clock } = this.#options;
    this.#call = { ...this.#prompt, startedAt: clock.now(), answeredAt: undefined };
    this.#prompt = undefined;
    const way = wayOf(this.#call.handle).call;
    if (way?.answersAfter !== undefined)
      this.#in(way.answersAfter, () => this.#answered(way.talks ?? RINGS_MS));
    else this.#in(way?.declinesAfter ?? RINGS_MS, () => this.#end(way?.declinesAfter !== undefined));
  }

  #answered(talksMs: number): void {
    if (this.#call) this.#call.answeredAt = this.#options.clock.now();
    this.#in(talksMs, () => this.#end(false));
  }

  /** The history gets a call when it is over. */
  #end(declined: boolean): void {
    const { store, clock } = this.#options;
    const call = this.#call;
    this.#cancel?.();
    this.#call = undefined;
    if (!call) return;
    store.insertCall({
      kind: call.medium === 'audio' ? 'facetime-audio' : 'facetime-video',
      direction: 'out',
      handles: [call.handle],
      answered: call.answeredAt !== undefined,
      declined,
      at: call.startedAt,
      durationMs: call.answeredAt === undefined ? 0 : clock.now() - call.answeredAt,
    });
  }

  #in(ms: number, then: () => void): void {
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(ms, then);
  }

  /** Whether the release is this one or a newer one. */
  #since(release: MacosRelease): boolean {
    return macosReleases.indexOf(this.#options.macos) >= macosReleases.indexOf(release);
  }

  /**
   * The tree around the prompt is another in every release; on macOS 26 it shows its buttons only with Full Keyboard
   * Access on, and on macOS 27 it is not here at all.
   */
  #notifications(): UiNode[] {
    if (!this.#prompt || this.#since('27')) return [];
    const text: UiNode = { role: 'AXStaticText', value: this.#prompt.handle };
    const call: UiNode = {
      role: 'AXButton',
      title: this.#word('Call'),
      actions: [press(() => this.#confirm())],
    };
    const cancel: UiNode = {
      role: 'AXButton',
      title: this.#word('Cancel'),
      actions: [press(() => this.#dismiss())],
    };
    const group = (...children: UiNode[]): UiNode => ({ role: 'AXGroup', children });
    const window = (...children: UiNode[]): UiNode[] => [
      { role: 'AXWindow', title: 'Notification Center', children },
    ];
    if (this.#since('26')) {
      const shown = this.#options.faults.lasts('no-full-keyboard-access') ? [] : [text, call, cancel];
      return window({ role: 'AXGroup', identifier: 'FACETIME_NOTIFICATION', children: shown });
    }
    if (this.#since('15')) {
      const actions = [
        custom(this.#word('Call'), () => this.#confirm()),
        custom(this.#word('Cancel'), () => this.#dismiss()),
      ];
      return window(group({ role: 'AXGroup', actions, children: [text] }));
    }
    const alert = group(call, cancel, text);
    return window({ role: 'AXScrollArea', children: [this.#since('13') ? group(alert) : alert] });
  }

  /**
   * Audio calls are held by FaceTime until macOS 15, by Phone since macOS 26. On macOS 12 the second button of the
   * window is called `End` while a call rings, and the one to leave it comes with the answer; how later releases show
   * that is not known, so that here they show no difference.
   */
  #faceTime(): UiNode[] {
    if (!this.#call || (this.#call.medium === 'audio' && this.#since('26'))) return [];
    const hangUp = [press(() => this.#end(false))];
    const leave: UiNode = { role: 'AXButton', identifier: 'leaveButton', actions: hangUp };
    const window = (...children: UiNode[]): UiNode[] => [{ role: 'AXWindow', title: 'FaceTime', children }];
    if (this.#since('13')) return window({ role: 'AXGroup', children: [leave] });
    const first: UiNode = { role: 'AXButton' };
    if (this.#call.answeredAt !== undefined) return window(first, leave);
    return window(first, { role: 'AXButton', title: this.#word('End'), actions: hangUp });
  }

  /** Buttons here say that they were pressed and do nothing. */
  #phone(): UiNode[] {
    const prompts = this.#prompt !== undefined && this.#since('27');
    const held = this.#call?.medium === 'audio' && this.#since('26');
    const button = (description: string): UiNode => ({
      role: 'AXFunctionRowTopLevelElement',
      description,
      actions: [press(() => undefined)],
    });
    const buttons = [
      ...(prompts || held ? [button('communication audio')] : []),
      ...(prompts ? [button('Cancel')] : []),
    ];
    return buttons.length > 0 ? [{ role: 'AXWindow', children: buttons }] : [];
  }

  #dismiss(): void {
    this.#prompt = undefined;
  }

  #word(english: string): string {
    return inLanguage(english, this.#options.faults);
  }
}
