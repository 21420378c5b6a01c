/** How many sockets may be open without a valid hello. */
export interface HubLimits {
  unauthenticated: number;
  unauthenticatedPerAddress: number;
}

/** Ends one admission; calling it again does nothing. */
export type Leave = () => void;

/** Counts the sockets that have not yet proved who they are, so that strangers cannot fill the bridge. */
export class Admission {
  readonly #limits: HubLimits;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: HubLimits) {
    this.#limits = limits;
  }

  /** Admits a socket, or returns undefined when it is one too many. */
  enter(address: string): Leave | undefined {
    const here = this.#byAddress.get(address) ?? 0;
    if (this.#total >= this.#limits.unauthenticated || here >= this.#limits.unauthenticatedPerAddress) {
      return undefined;
    }
    this.#total += 1;
    this.#byAddress.set(address, here + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#total -= 1;
      const remaining = (this.#byAddress.get(address) ?? 1) - 1;
      if (remaining === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, remaining);
    };
  }
}
