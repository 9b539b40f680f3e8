import { issueTokens, SESSION_MILLISECONDS, type TokenSource } from '../../../src/auth/tokens.ts'
import { withDatabase } from '../../database/local.ts'
import { CATEGORY_NAMES, ensureCategories, generateProduct, seedProducts } from '../../database/catalog.ts'
import { devVar } from '../../wrangler/dev-vars.ts'
import { type Person, SandboxShop } from '../sandbox-shop.ts'
import { ATTACKS } from './attacks.ts'
import { p90, shopFor } from './customer.ts'
import { insertLargeOrders } from './replays.ts'

const PRODUCTS = 20_000
const LARGE_ORDERS = 2000
/** The account whose password is guessed. The others were inserted without a usable password. */
const GUESSED = 'guessed@example.com'
/** How much slower an attack may make the shop for other customers. */
const MOST_RATIO = 3

/**
 * Attacks a shop as strangers and customers can, one attack after the other, while a customer shops. Prints the
 * outcomes; returns false if an attack made the customer's p90 more than three times its value without an attack.
 */
export async function abuse(seconds: number): Promise<boolean> {
  const shop = new SandboxShop({ limits: true })
  const { customers } = await shop.open(3)
  const [victim, attacker, hoarder] = customers as [Person, Person, Person]
  console.log(`Preparing ${PRODUCTS} products and ${LARGE_ORDERS} large orders ...`)
  const account = { password: 'the password of the victim', name: 'Victim', phone: '1' }
  await shop.send('/api/users/register/', { body: { ...account, email: GUESSED } })
  const revoked = await withDatabase((db) => prepare(db, { hoarder, victim }, shop.sandbox), shop.sandbox)
  const origin = `http://127.0.0.1:${shop.port}`
  const target = { origin, attacker, hoarder, victim, revoked, guessed: GUESSED, product: shop.product }

  await shopFor(3, origin, victim.access) // warms up
  console.log(
    '| attack | outcomes | p90 before, ms | p90 during, ms | ratio |\n| --- | --- | ---: | ---: | ---: |',
  )
  let worst = 0
  for (const { name, run } of ATTACKS) {
    const quiet = p90(await shopFor(seconds, origin, victim.access))
    await Promise.all(customers.map((customer) => shop.refresh(customer))) // access tokens expire after five minutes
    const end = new AbortController()
    const attack = run(target, end.signal)
    const attacked = p90(await shopFor(seconds, origin, victim.access))
    end.abort()
    const outcomes = [...(await attack)].map(([outcome, times]) => `${outcome}: ${times}`).join(', ')
    const ratio = attacked / quiet
    worst = Math.max(worst, ratio)
    console.log(
      `| ${name} | ${outcomes} | ${quiet.toFixed(0)} | ${attacked.toFixed(0)} | ${ratio.toFixed(1)} |`,
    )
  }
  shop.kill()
  console.log(`The customer's p90 was at worst ${worst.toFixed(1)} times its value without an attack.`)
  return worst <= MOST_RATIO
}

/** Fills the shop; returns the tokens of a revoked session of the victim. */
async function prepare(
  db: D1Database,
  { hoarder, victim }: { hoarder: Person; victim: Person },
  sandbox: string,
): Promise<{ access: string }> {
  const now = Date.now()
  const category_ids = await ensureCategories(db, CATEGORY_NAMES)
  await seedProducts(
    db,
    PRODUCTS,
    (n) => generateProduct(n, category_ids, now),
    () => {},
  )
  const idOf = ({ email }: Person) =>
    db.prepare('SELECT id FROM users WHERE email = ?').bind(email).first<number>('id')
  await insertLargeOrders(db, (await idOf(hoarder))!, LARGE_ORDERS)
  const session = await db
    .prepare(
      `INSERT INTO sessions (user_id, is_staff, user_agent, created_at, refreshed_at, ends_at, revoked_at)
       VALUES (?, 0, 'stress', ?, ?, ?, ?) RETURNING *`,
    )
    .bind(await idOf(victim), now, now, now + SESSION_MILLISECONDS, now)
    .first<TokenSource>()
  return issueTokens(session!, { current: devVar('JWT_SECRET', sandbox)! })
}
