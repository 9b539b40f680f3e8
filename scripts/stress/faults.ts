import { setTimeout as pause } from 'node:timers/promises'
import type { FlakyProxy } from './flaky-proxy.ts'
import type { LiveClient } from './live-client.ts'
import type { People, SandboxShop } from './sandbox-shop.ts'
import type { Workload } from './workload.ts'

/** On average. */
const PAUSE_MILLISECONDS = 100
/** With 32 customers, renews each person's tokens every half a minute, long before they expire. */
const STEPS_PER_RENEWAL = 8

interface Target {
  shop: SandboxShop
  people: People
  proxy: FlakyProxy
  clients: LiveClient[]
}

/**
 * While the workload runs, cuts connections in three ways and renews tokens in between. Half-way, kills the
 * shop and starts it again. Returns the number of cuts.
 */
export async function injectFaults(
  workload: Workload,
  { shop, people, proxy, clients }: Target,
  random: () => number,
): Promise<number> {
  const half = workload.left / 2
  const everyone = [people.staff, ...people.customers]
  let cuts = 0
  let isRestarted = false
  for (let step = 1; workload.left > 0 || !isRestarted; step += 1) {
    await pause(2 * random() * PAUSE_MILLISECONDS)
    if (!isRestarted && workload.left <= half) {
      shop.kill()
      await shop.start()
      isRestarted = true
      console.log('live soak: half-way, the shop was killed and restarted')
    } else if (step % STEPS_PER_RENEWAL === 0) {
      const person = everyone[(step / STEPS_PER_RENEWAL) % everyone.length]!
      await shop.refresh(person)
      for (const client of clients) if (client.person === person) client.renewToken()
    } else {
      const ways = [
        () => proxy.reset(random),
        () => proxy.resetClient(random),
        () => clients[Math.floor(random() * clients.length)]!.disconnect(),
      ]
      if (ways[Math.floor(random() * ways.length)]!()) cuts += 1
    }
  }
  return cuts
}
