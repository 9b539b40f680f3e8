import autocannon from 'autocannon'
import { type Call, type Job, type Outcome, SHOWN_CHARACTERS } from './load.ts'

/** The process that sends the requests, one job of `startLoad` after another. */

process.on('message', (job: Job) => {
  run(job).then(
    (outcome) => process.send!(outcome),
    (error: Error) => process.send!({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())

/** How often autocannon checks whether it is done. */
const SAMPLING_MILLISECONDS = 10

async function run(job: Job): Promise<Outcome> {
  const { origin, amount, connections, status } = job
  const latencies_ms: number[] = []
  let unexpected: string | undefined
  const inspected = (call: Call) => ({
    ...call,
    onResponse(got: number, body: string) {
      if (got !== status)
        unexpected ??= `${call.method ?? 'GET'} ${call.path} answered ${got}, not ${status}: ${body.slice(0, SHOWN_CHARACTERS)}`
    },
  })
  let connection = 0
  let [started, ended] = [0, 0]
  const { errors } = await new Promise<autocannon.Result>((resolve, reject) => {
    started = performance.now()
    const instance = autocannon(
      {
        url: origin,
        amount,
        connections,
        bailout: 1,
        sampleInt: SAMPLING_MILLISECONDS,
        setupClient(client) {
          client.setRequests(shareOf(connection, job).map(inspected))
          connection += 1
        },
      },
      (error, result) => (error ? reject(error as Error) : resolve(result)),
    )
    instance.on('response', (_client, _status, _bytes, milliseconds) => {
      ended = performance.now()
      latencies_ms.push(milliseconds)
      if (unexpected !== undefined) instance.stop()
    })
  })
  if (unexpected !== undefined) throw new Error(unexpected)
  if (errors > 0) throw new Error(`${errors} requests got no answer, such as ${job.calls[0]?.path}`)
  return { seconds: (ended - started) / 1000, latencies_ms }
}

/** The calls of one connection: no two connections send the same call at the same time, if there are enough. */
function shareOf(connection: number, { calls, amount, connections }: Job): Call[] {
  const length = Math.min(amount / connections, calls.length)
  return Array.from({ length }, (_, turn) => calls[(connection + turn * connections) % calls.length]!)
}
