import { afterEach, expect, it, vi } from 'vitest'
import { Listener } from '../scripts/smoke/live.ts'
import { Report } from '../scripts/smoke/report.ts'
import { Shop } from '../scripts/smoke/shop.ts'

const CUSTOMER = { email: 'ann@example.com', password: 'a password', access: 'a token', refresh: 'a token' }
const LISTENING = JSON.stringify({ type: 'listening' })

/** A connection that announces its position, and then whatever a test sends. */
class FakeSocket extends EventTarget {
  static newest: FakeSocket

  constructor() {
    super()
    FakeSocket.newest = this
    setTimeout(() => this.sends(LISTENING))
  }

  sends(data: string): void {
    this.dispatchEvent(new MessageEvent('message', { data }))
  }
}

/** An event stream of the same kind. */
function aStream() {
  let controller: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({ start: (each) => void (controller = each) })
  const sends = (data: string) => controller.enqueue(new TextEncoder().encode(`data: ${data}\n\n`))
  sends(LISTENING)
  return { body, sends, breaks: () => controller.error(new Error('terminated')) }
}

/** The smoke test listens over both: what it reports and prints. */
async function listening() {
  const printed: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
  const stream = aStream()
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('fetch', async () => new Response(stream.body))
  const report = new Report()
  await Listener.connect(new Shop('http://shop.test', report), report, CUSTOMER)
  expect(report.hasFailed).toBe(false)
  return { stream, report, printed }
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

it('a broken event stream fails the smoke test, which goes on to its clean-up', async () => {
  const { stream, report, printed } = await listening()
  stream.breaks()
  await expect.poll(() => report.hasFailed).toBe(true)
  expect(printed.at(-1)).toBe('FAIL  The event stream can be read: terminated')
})

it('a message that is not JSON fails the smoke test', async () => {
  const { stream, printed } = await listening()
  FakeSocket.newest.sends('{')
  expect(printed.at(-1)).toMatch(/^FAIL {2}The WebSocket can be read: .*JSON/)
  stream.sends('{')
  await expect.poll(() => printed.at(-1)).toMatch(/^FAIL {2}The event stream can be read: .*JSON/)
})
