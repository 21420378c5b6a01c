import type { Retry } from '../runtime/app-error.ts';

/** What a code means wherever it appears: API, frames, logs, CLI, docs. */
export interface ErrorMeaning {
  /** HTTP status where an API answers with it. */
  status: number;
  retry: Retry;
  hint: string;
}

/** Codes that an API request may be answered with. */
export const requestErrors = {
  invalid_request: { status: 400, retry: 'never', hint: 'Correct the request; see /openapi.json.' },
  missing_required_parameter: { status: 400, retry: 'never', hint: 'Add the field named in param.' },
  invalid_parameter_value: { status: 400, retry: 'never', hint: 'Correct the field named in param.' },
  invalid_json: { status: 400, retry: 'never', hint: 'Send a JSON body with content-type application/json.' },
  invalid_phone_number: {
    status: 400,
    retry: 'never',
    hint: 'Write the number in E.164 form, such as +14155550101.',
  },
  invalid_from: {
    status: 400,
    retry: 'never',
    hint: 'Use the handle or id of one of your lines, or leave from out.',
  },
  invalid_url: {
    status: 400,
    retry: 'never',
    hint: 'Use an https URL that is reachable from the public internet.',
  },
  invalid_attachments: {
    status: 400,
    retry: 'never',
    hint: 'Name at most 10 files by the mediaId that uploading them to /v1/media answered.',
  },
  reply_target_invalid: {
    status: 400,
    retry: 'never',
    hint: 'Name a message that Messages has: received, or sent and not taken back.',
  },
  reply_target_conversation_mismatch: {
    status: 400,
    retry: 'never',
    hint: 'Send the reply to the conversation, and from the line, of the message that it answers.',
  },
  missing_api_key: { status: 401, retry: 'never', hint: 'Send your key in the x-api-key header.' },
  invalid_api_key: {
    status: 401,
    retry: 'never',
    hint: 'Use a key that was shown when it was created and is not revoked.',
  },
  invalid_enrolment_token: {
    status: 401,
    retry: 'after-fix',
    hint: 'Make a new token: bluerelay-bridge agent token.',
  },
  sandbox_not_activated: {
    status: 403,
    retry: 'after-fix',
    hint: 'Pair a phone with the sandbox, or use a live key.',
  },
  not_found: {
    status: 404,
    retry: 'never',
    hint: 'Check the id and that the key is of the same account and mode.',
  },
  method_not_allowed: {
    status: 405,
    retry: 'never',
    hint: 'Use one of the methods in the Allow header; see /openapi.json.',
  },
  request_timeout: { status: 408, retry: 'later', hint: 'Send the whole request within 30 seconds.' },
  webhook_duplicate: {
    status: 409,
    retry: 'never',
    hint: 'Use or delete the webhook that has this URL and these events.',
  },
  message_not_editable: {
    status: 409,
    retry: 'never',
    hint: 'Only messages of your own that were sent as iMessages and not taken back can be changed.',
  },
  edit_window_expired: {
    status: 409,
    retry: 'never',
    hint: 'A message can be edited for 15 minutes after it was sent.',
  },
  edit_limit_reached: { status: 409, retry: 'never', hint: 'A message can be edited 5 times.' },
  unsend_window_expired: {
    status: 409,
    retry: 'never',
    hint: 'A message can be taken back for 2 minutes after it was sent.',
  },
  reaction_target_invalid: {
    status: 409,
    retry: 'never',
    hint: 'React to a message that Messages has: received, or sent and not taken back.',
  },
  action_unavailable: {
    status: 409,
    retry: 'after-fix',
    hint: 'The Mac of the line cannot do that; details.reason says why, and GET /v1/lines/:id what it can.',
  },
  line_busy: { status: 409, retry: 'later', hint: 'Wait for the end of the call of the line, or end it.' },
  group_pending: {
    status: 409,
    retry: 'later',
    hint: 'Wait for group.created: the Mac has not made the group yet, or could not.',
  },
  idempotency_conflict: {
    status: 409,
    retry: 'never',
    hint: 'Use a new Idempotency-Key for another request, or send the first one again as it was.',
  },
  empty_media: { status: 400, retry: 'never', hint: 'Send the bytes of the file as the body.' },
  media_damaged: {
    status: 400,
    retry: 'later',
    hint: 'Send the file again: its length and SHA-256 have to be those that were announced.',
  },
  invalid_agent_signature: {
    status: 401,
    retry: 'after-fix',
    hint: 'Sign with the key of an agent that is not revoked; see PROTOCOL.md.',
  },
  media_unavailable: {
    status: 410,
    retry: 'never',
    hint: 'Ask the sender to send the file again; the Mac does not have it.',
  },
  length_required: { status: 411, retry: 'never', hint: 'Say the length of the body in content-length.' },
  media_too_large: { status: 413, retry: 'never', hint: 'Send a file of at most 100 MB.' },
  media_pending: {
    status: 503,
    retry: 'later',
    hint: 'Ask again after the seconds of Retry-After: the Mac is still sending the file.',
  },
  body_too_large: { status: 413, retry: 'never', hint: 'Send a smaller body.' },
  unsupported_media_type: { status: 415, retry: 'never', hint: 'Send content-type application/json.' },
  lookup_rate_limited: {
    status: 429,
    retry: 'later',
    hint: 'Wait for the seconds of Retry-After; a line is asked for 1,000 handles an hour, beside those it told of lately.',
  },
  rate_limited: { status: 429, retry: 'later', hint: 'Wait for the seconds of Retry-After.' },
  headers_too_large: { status: 431, retry: 'never', hint: 'Send fewer or shorter headers.' },
  internal_error: {
    status: 500,
    retry: 'later',
    hint: 'Try again with backoff; tell the operator the requestId.',
  },
  line_unavailable: {
    status: 409,
    retry: 'later',
    hint: 'Look at the status of the line at /v1/lines/:id; leave from out where another line may send.',
  },
  no_line_available: {
    status: 503,
    retry: 'later',
    hint: 'Enrol a Mac, or wait until a line of the account is active.',
  },
} as const satisfies Record<string, ErrorMeaning>;

export type RequestErrorCode = keyof typeof requestErrors;

/** Codes with which a message ends as failed, or a command as failed or uncertain. */
export const messageErrors = {
  recipient_not_imessage: { retry: 'never', hint: 'The handle is not on iMessage.' },
  not_delivered: { retry: 'never', hint: 'Messages reports that the message was not delivered.' },
  line_offline: {
    retry: 'later',
    hint: 'The Mac of the line was not connected before the deadline of the message; nothing was sent.',
  },
  line_banned: {
    retry: 'never',
    hint: 'An operator called the line banned; nothing was sent. Send it from another line.',
  },
  expired: { retry: 'never', hint: 'The command was not carried out before its deadline.' },
  uncertain: { retry: 'never', hint: 'It may have been sent; look in Messages before sending again.' },
  automation_denied: {
    retry: 'after-fix',
    hint: 'Allow the agent to control Messages and System Events in Privacy & Security, Automation.',
  },
  accessibility_denied: {
    retry: 'after-fix',
    hint: 'Allow the agent in Privacy & Security, Accessibility.',
  },
  messages_not_running: { retry: 'later', hint: 'Messages is not running on the Mac.' },
  mac_read_only: {
    retry: 'after-fix',
    hint: 'The agent was started without permission to send; start it with --allow-sending.',
  },
  imessage_signed_out: {
    retry: 'after-fix',
    hint: 'Messages has no iMessage account that is enabled; sign in to iMessage on the Mac.',
  },
  act_timed_out: { retry: 'later', hint: 'Messages did not answer in time; nothing was sent.' },
  act_interrupted: { retry: 'later', hint: 'The act was stopped before anything was sent.' },
  invalid_recipient: {
    retry: 'never',
    hint: 'Use an E.164 number with its plus sign, or an email address.',
  },
  text_not_sendable: {
    retry: 'never',
    hint: 'Messages cannot take an empty text, NUL, half a surrogate pair, or more than the longest text.',
  },
  no_console_session: {
    retry: 'after-fix',
    hint: 'Nobody is logged in at the screen of the Mac as the user of the agent; log in there.',
  },
  screen_locked: { retry: 'after-fix', hint: 'The screen of the Mac is locked; unlock it and keep it so.' },
  ui_locked: {
    retry: 'later',
    hint: 'A sheet, or a second copy or window of Messages, is in the way; close it.',
  },
  ui_not_recognised: {
    retry: 'after-fix',
    hint: 'Messages does not look as this version expects; see bluerelay capabilities, and update the agent.',
  },
  wrong_conversation: {
    retry: 'later',
    hint: 'Messages did not show the conversation or message that was asked for; nothing was done.',
  },
  not_editable: {
    retry: 'never',
    hint: 'Messages does not offer this for the message: too old, not your own, or not text.',
  },
  unsupported_on_macos: {
    retry: 'never',
    hint: 'This release of macOS cannot do it; see bluerelay capabilities.',
  },
  not_sent: { retry: 'never', hint: 'An operator looked into Messages: it was not sent.' },
  file_not_sendable: {
    retry: 'never',
    hint: 'Send a regular file of at most 100 MB; a voice note has to be a Core Audio file, or a sound that the Mac can make one of.',
  },
  chat_unknown: {
    retry: 'after-fix',
    hint: 'Messages does not know this conversation now; open it in Messages once, or restart Messages.',
  },
  message_unknown: {
    retry: 'never',
    hint: 'Messages on this Mac has no such message, or the part has no text to tell it by.',
  },
  too_late: { retry: 'never', hint: 'What was to be cancelled was begun already, or is over.' },
  media_unavailable: {
    retry: 'later',
    hint: 'The bytes of the file could not be carried between Mac and bridge.',
  },
  rendition_failed: {
    retry: 'never',
    hint: 'This Mac could not make another form of the file; the file itself is as it came.',
  },
  service_unavailable: {
    retry: 'after-fix',
    hint: 'Messages has no enabled account of this service; turn on Text Message Forwarding for this Mac on the iPhone.',
  },
  call_prompt_hidden: {
    retry: 'after-fix',
    hint: 'This macOS hides the prompt of calls from programs; on macOS 26 turn on Full Keyboard Access.',
  },
  call_in_the_way: {
    retry: 'later',
    hint: 'Another call, or the prompt of one, is on the screen of the Mac.',
  },
  call_unknown: {
    retry: 'never',
    hint: 'The Mac cannot tell any more whether the call is still on, and may have another one now; end it on the Mac itself.',
  },
  action_unavailable: {
    retry: 'after-fix',
    hint: 'This Mac cannot do that now; see why with: bluerelay capabilities.',
  },
  act_failed: { retry: 'never', hint: 'Messages refused the act before anything was sent.' },
  unknown: { retry: 'never', hint: 'Messages reported an error that has no name here; see the number.' },
} as const satisfies Record<string, { retry: Retry; hint: string }>;

export type MessageErrorCode = keyof typeof messageErrors;

/** Codes with which the agent and its CLI refuse something, beside those above. */
export const agentErrors = {
  not_enrolled: {
    retry: 'after-fix',
    hint: 'Enrol this Mac first: bluerelay enrol --bridge <url> --token <token>.',
  },
  already_enrolled: {
    retry: 'after-fix',
    hint: 'Add --again to enrol it anew; its line on the bridge then follows the new enrolment.',
  },
  identity_damaged: {
    retry: 'after-fix',
    hint: 'Enrol this Mac again with a new token: bluerelay enrol --again.',
  },
  enrolment_refused: { retry: 'after-fix', hint: 'Correct what the bridge names and enrol again.' },
  handle_required: {
    retry: 'after-fix',
    hint: 'Say which number or email messages leave from: --handle +14155550100.',
  },
  insecure_bridge_url: {
    retry: 'after-fix',
    hint: 'Use https://; plain http:// is for a bridge on this machine only.',
  },
  bridge_unreachable: { retry: 'later', hint: 'Check the address and that the bridge runs, then try again.' },
  backfill_running: {
    retry: 'later',
    hint: 'Wait for the end of the one that is under way.',
  },
  rotation_pending: {
    retry: 'later',
    hint: 'The agent goes on with it by itself; see it with: bluerelay identity show.',
  },
  agent_running: {
    retry: 'after-fix',
    hint: 'Stop the other agent, or give this one its own BLUERELAY_HOME.',
  },
  agent_not_running: {
    retry: 'after-fix',
    hint: 'Start it: bluerelay run; that of the demo, in its checkout: npm start.',
  },
  calibration_busy: { retry: 'later', hint: 'Wait for the other calibration to end, and begin anew.' },
  home_not_writable: {
    retry: 'after-fix',
    hint: 'Make the folder yours and writable, or name another in BLUERELAY_HOME.',
  },
  journal_unavailable: {
    retry: 'later',
    hint: 'See whether the disk of the agent is full or read-only.',
  },
  disk_full: {
    retry: 'later',
    hint: 'Free some space, or let the bridge be reached: nothing is lost, nothing is sent until then.',
  },
  journal_corrupt: {
    retry: 'after-fix',
    hint: 'Start the agent: it sets the file aside and begins anew with what it still gives.',
  },
  journal_too_new: {
    retry: 'after-fix',
    hint: 'Update the agent; an older one cannot read what a newer one wrote.',
  },
  invalid_option: { retry: 'never', hint: 'See the command with --help.' },
  pacing_required: {
    retry: 'never',
    hint: 'Leave --pacing off out; it is for a virtual Mac alone.',
  },
  invalid_pacing: {
    retry: 'after-fix',
    hint: 'Correct pacing.json in the folder of the agent, or remove it for the usual pace.',
  },
} as const satisfies Record<string, { retry: Retry; hint: string }>;

/** Codes with which the bridge's own commands and its start end. */
export const operatorErrors = {
  invalid_config: { retry: 'after-fix', hint: 'Correct the setting that is named.' },
  port_in_use: {
    retry: 'after-fix',
    hint: 'Stop the other program, or choose another port; 0 takes any free one.',
  },
  cannot_listen: { retry: 'after-fix', hint: 'Choose an address of this machine and a port above 1023.' },
  store_unavailable: { retry: 'after-fix', hint: 'Check that the store exists and may be written.' },
  row_refused: {
    retry: 'never',
    hint: 'Tell the makers: a row breaks a rule of the database.',
  },
  store_too_new: {
    retry: 'after-fix',
    hint: 'Update the bridge; an older one cannot read what a newer one wrote.',
  },
  invalid_store_url: { retry: 'never', hint: 'Write sqlite:<path> or postgres://user@host/database.' },
} as const satisfies Record<string, { retry: Retry; hint: string }>;

export type OperatorErrorCode = keyof typeof operatorErrors;
