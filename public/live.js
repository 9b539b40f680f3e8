import { OrderStream } from './client.js'

const SHOWN_EVENTS = 500
const RENEW_AHEAD_MILLISECONDS = 60_000
const LOOK_MILLISECONDS = 5000

const REASONS = {
  token_invalid:
    'The shop does not take this access token: it is none, has run out or is of another account. One lives five minutes.',
  token_expired: 'The access token has run out. Connect with a new one, and nothing is missed.',
  token_revoked: 'The login of this token has ended. Log in again for a new one.',
  not_staff: 'This account is not staff. It can listen to its own orders.',
  replaced: 'Newer connections of this account took its place.',
  reconnect: 'So much was sent that the shop asks how far it came.',
  'no answer': 'The shop answers no longer.',
}

const BUTTONS = { closed: 'Connect', waiting: 'Try now' }

const page = Object.fromEntries([...document.querySelectorAll('[id]')].map((part) => [part.id, part]))

/** The tokens of who logged in here; they go with the page. */
let login
let stream
let watched
let state = 'closed'
let events = 0

page.connection.addEventListener('submit', (event) => {
  event.preventDefault()
  if (state === 'closed') connect()
  else void renew()
})

page.disconnect.addEventListener('click', () => {
  stream.close()
  page.connect.focus()
})

page.token.addEventListener('input', () => (login = undefined))

page.login.addEventListener('submit', (event) => {
  event.preventDefault()
  void logIn()
})

setInterval(() => {
  if (state === 'connected' && isRunningOut()) void renew()
}, LOOK_MILLISECONDS)

function connect() {
  const { value: path } = page.connection.elements.orders
  const url = new URL(path, location.href.replace('http', 'ws')).href
  const since = page.since.value === '' ? undefined : Number(page.since.value)
  if (url !== watched || since !== stream.last) forgetEvents()
  watched = url
  stream = new OrderStream({ url, since, access: freshAccess, onState: showState, onEvent: showEvent })
}

async function logIn() {
  page.problem.textContent = ''
  const credentials = { email: page.email.value, password: page.password.value }
  const answer = await post('/api/token/', credentials).catch(() => undefined)
  if (!answer?.ok) {
    page.problem.textContent = answer ? (await answer.json()).detail : 'The shop is out of reach.'
    return
  }
  keep(await answer.json())
  page.password.value = ''
  page.account.open = false
  page.connect.focus()
  await renew()
}

async function renew() {
  const access = await freshAccess().catch(() => undefined) // out of reach: looks again soon
  if (access === undefined || state === 'closed') return
  stream.renew(access)
  if (state === 'connected') showState({ name: state, since: stream.last })
}

async function freshAccess() {
  if (isRunningOut()) {
    const answer = await post('/api/token/refresh/', { refresh: login.refresh })
    if (answer.ok) keep(await answer.json())
    else if (answer.status === 401) login = undefined // it has ended, as the stream will say
  }
  return page.token.value
}

function keep(tokens) {
  login = tokens
  page.token.value = tokens.access
}

function isRunningOut() {
  return login !== undefined && expiryOf(login.access) < Date.now() + RENEW_AHEAD_MILLISECONDS
}

/** When a token runs out, in milliseconds since 1970; undefined where it is none. */
function expiryOf(access) {
  try {
    const [, payload] = access.split('.')
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))).exp * 1000
  } catch {
    return undefined
  }
}

function post(path, body) {
  const headers = { 'Content-Type': 'application/json' }
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

function showState(next) {
  state = next.name
  page.status.dataset.state = next.code >= 4000 ? 'refused' : state
  page.status.textContent = inWords(next)
  page.since.value = next.since ?? ''
  page.choices.disabled = state !== 'closed'
  page.disconnect.disabled = state === 'closed'
  page.connect.textContent = BUTTONS[state] ?? 'Renew token'
  page.empty.textContent =
    state === 'connected'
      ? 'Waiting for events. Place an order, or move one on, and it appears here.'
      : 'None yet.'
}

function inWords({ name, code, reason, milliseconds, since }) {
  const why = REASONS[reason] ?? 'The connection broke, or the shop is out of reach.'
  const on = since === undefined ? '' : `, from event ${since} on`
  switch (name) {
    case 'connecting':
      return `Connecting${on} …`
    case 'connected': {
      const until = new Date(expiryOf(page.token.value)).toLocaleTimeString()
      return login ? 'Connected. The token is renewed in time.' : `Connected. The token runs out at ${until}.`
    }
    case 'waiting':
      return `${why} (${code}) Trying again in ${Math.ceil(milliseconds / 1000)} s${on}.`
    default:
      return code === 1000 ? 'Disconnected.' : `Closed by the shop, ${code} ${reason}. ${why}`
  }
}

function showEvent(message) {
  const { id, type, status, order, at } = message
  const row = page.row.content.cloneNode(true)
  const fields = {
    id: `#${id}`,
    status,
    order: `Order ${order.id}`,
    total: order.total_price,
    type,
    at: new Date(at).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' }),
    json: JSON.stringify(message, null, 2),
  }
  for (const [name, text] of Object.entries(fields)) row.querySelector(`.${name}`).textContent = text
  row.querySelector('.at').dateTime = at
  page.events.prepend(row)
  if (page.events.children.length > SHOWN_EVENTS) page.events.lastElementChild.remove()
  events += 1
  page.count.textContent = events > SHOWN_EVENTS ? `the newest ${SHOWN_EVENTS} of ${events}` : events
  page.empty.hidden = true
  page.since.value = id
}

function forgetEvents() {
  events = 0
  page.events.replaceChildren()
  page.count.textContent = ''
  page.empty.hidden = false
}
