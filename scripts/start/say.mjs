import path from 'node:path';
import { ROOT } from './provision.mjs';

/** @param {string} file */
const fromHere = (file) => path.relative(process.cwd(), file) || '.';

/**
 * What a person can do with the relay that now runs, ready to be pasted into a shell.
 * @param {import('./relay.mjs').Summary} summary
 */
export function nextSteps({ bridge, account, lines, virtualMac }) {
  const agent = fromHere(path.join(ROOT, 'dist', 'agent', 'main.js'));
  const someone = virtualMac?.people[0]?.handle ?? '+14155550101';
  const steps = [
    `bridge       ${bridge.url}`,
    ...lines.map((line) => `line         ${line.handle}`),
    `live key     ${account.liveKey}`,
    `sandbox key  ${account.sandboxKey}`,
    ...(virtualMac
      ? ['people', ...virtualMac.people.map(({ handle, behaves }) => `  ${handle}  ${behaves}`)]
      : ['This is your own Messages; nothing is sent unless npm start was given --allow-sending.']),
    '',
    'In another terminal:',
    '',
    `  KEY=${account.liveKey}`,
    '',
    '  # send',
    `  curl -s ${bridge.url}/v1/messages -H "x-api-key: $KEY" -H 'content-type: application/json' \\`,
    `    -d '{"to":"${someone}","text":"hello"}'`,
    '',
    '  # list',
    `  curl -s ${bridge.url}/v1/messages -H "x-api-key: $KEY"`,
    '',
    '  # receive: register an endpoint of yours, then let somebody text the line',
    `  curl -s ${bridge.url}/v1/webhooks -H "x-api-key: $KEY" -H 'content-type: application/json' \\`,
    `    -d '{"url":"http://127.0.0.1:9000/hook"}'`,
    ...(virtualMac
      ? [
          `  BLUERELAY_VIRTUAL_MAC='${virtualMac.home}' \\`,
          `    node ${agent} virtual-mac receive --from ${someone} --text "hi"`,
        ]
      : []),
    '',
    'Ctrl-C stops everything; what happened is kept for the next start.',
    '',
  ];
  return `${steps.join('\n')}\n`;
}
