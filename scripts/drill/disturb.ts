import { type Parties, pause, type RealShop } from '../real-shop.ts'
import type { LiveClient } from './client.ts'
import type { Trade } from './trade.ts'
import type { Wire } from './wire.ts'

/** On average. */
const CUT_EACH_MILLISECONDS = 100
/** Everyone has their turn in half a minute, long before a token runs out. */
const STEPS_PER_RENEWAL = 8

interface Disturbed {
  shop: RealShop
  parties: Parties
  wire: Wire
  clients: LiveClient[]
}

/**
 * While the trade goes on: cuts connections, in three ways, renews tokens in between, and half-way kills
 * the shop and starts it again. Gives the number of cuts.
 */
export async function disturb(
  trade: Trade,
  { shop, parties, wire, clients }: Disturbed,
  roll: () => number,
): Promise<number> {
  const half = trade.left / 2
  const people = [parties.staff, ...parties.customers]
  let cuts = 0
  let isRestarted = false
  for (let step = 1; trade.left > 0 || !isRestarted; step += 1) {
    await pause(2 * roll() * CUT_EACH_MILLISECONDS)
    if (!isRestarted && trade.left <= half) {
      shop.kill()
      await shop.start()
      isRestarted = true
      console.log('live drill: half-way, the shop was killed and is open again')
    } else if (step % STEPS_PER_RENEWAL === 0) {
      const person = people[(step / STEPS_PER_RENEWAL) % people.length]!
      await shop.renew(person)
      for (const client of clients) if (client.person === person) client.renew()
    } else {
      const ways = [
        () => wire.cut(roll),
        () => wire.lose(roll),
        () => clients[Math.floor(roll() * clients.length)]!.hangUp(),
      ]
      if (ways[Math.floor(roll() * ways.length)]!()) cuts += 1
    }
  }
  return cuts
}
