/** Whether long matrices are played whole, as `npm run test:all` does; `npm test` plays a share of them. */
export const whole = process.env.TEST_ALL === '1';

/** Something that goes wrong; its kind is its name unless told. */
interface Fault {
  name: string;
  kind?: string;
}

/** Something that goes wrong, as a case of a matrix: of which act, on which release. */
export interface MatrixCase<A, F, R> {
  act: A;
  fault: F;
  release: R;
}

/**
 * The cases of a matrix that this run plays: all, or of each act one fault in `share`, on releases that take turns. The
 * share of each act begins elsewhere, so that a run meets every act, every release and, where need be by one case more,
 * every kind of fault.
 */
export function playedOf<A, F extends Fault, R>(
  acts: readonly A[],
  {
    share,
    releasesOf,
    faultsOf,
  }: {
    share: number;
    releasesOf: (act: A) => readonly R[];
    faultsOf: (act: A, release: R) => readonly F[];
  },
): { all: readonly MatrixCase<A, F, R>[]; played: readonly MatrixCase<A, F, R>[] } {
  const chosen = new Set<MatrixCase<A, F, R>>();
  const all = acts.flatMap((act, actIndex) =>
    releasesOf(act).flatMap((release, releaseIndex, releases) =>
      faultsOf(act, release).map((fault, index) => {
        const one = { act, fault, release };
        const place = index + actIndex;
        const turn = Math.floor(place / share) + actIndex;
        if (place % share === 0 && turn % releases.length === releaseIndex) chosen.add(one);
        return one;
      }),
    ),
  );
  for (const one of all)
    if (![...chosen].some(({ fault }) => kindOf(fault) === kindOf(one.fault))) chosen.add(one);
  return { all, played: whole ? all : [...chosen] };
}

const kindOf = ({ kind, name }: Fault): string => kind ?? name;
