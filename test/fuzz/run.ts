import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { aPicture, uploads } from '../a-picture.ts'
import { call } from '../http.ts'
import {
  aCategory,
  aCustomer,
  aDeliveryOption,
  claimsOf,
  anOrder,
  aProduct,
  simultaneously,
  someStaff,
} from '../shop.ts'
import { LIKELY_IDS, madeUpRequest } from './requests.ts'

/** Requests per session; some of them end it, so the next batch starts with new sessions. */
const REQUESTS_PER_SESSION = 25

/**
 * Sends this many generated requests: none gets a response of 500 or more, and every response is as the
 * document says (`call` validates it).
 */
export async function runFuzz({ requests, seed }: { requests: number; seed?: number }): Promise<void> {
  await simultaneously(LIKELY_IDS, async () => aProduct({ stock: 1000, category: (await aCategory()).id }))
  await fc.assert(
    fc.asyncProperty(
      fc.array(madeUpRequest, { minLength: REQUESTS_PER_SESSION, maxLength: REQUESTS_PER_SESSION }),
      async (sequence) => {
        const [ann, staff] = [await aCustomer(), await someStaff()]
        await env.DB.prepare('DELETE FROM delivery_options').run() // with an active one, anOrder would be refused
        const category = await aCategory()
        const product = await aProduct({ stock: 1000, category: category.id })
        const order = await anOrder(ann, product)
        await ann.adds(product)
        const { items } = await ann.cart()
        const { pictures } = (await uploads(product, await aPicture())).body
        const known: Record<string, number> = {
          cart: items[0].id,
          categories: category.id,
          options: (await aDeliveryOption()).id, // of delivery
          orders: order.id,
          pictures: pictures[0].id,
          products: product.id,
          sessions: claimsOf(ann.access).sid,
        }
        const tokens = {
          customer: ann.access,
          staff: staff.access,
          'invalid token': 'a.b.c',
          'no token': undefined,
        }
        for (const { method, path: template, headers, body, caller } of sequence) {
          const path = template.replaceAll(/([a-z]+)\/\{known\}/g, (_, kind) => `${kind}/${known[kind]}`)
          const token = tokens[caller]
          const answer = await call(method, path, {
            headers,
            ...(body === undefined ? {} : { body }),
            ...(token === undefined ? {} : { token }),
          })
          expect(answer.status, `${method} ${path} ${answer.text}`).toBeLessThan(500)
        }
      },
    ),
    { numRuns: Math.ceil(requests / REQUESTS_PER_SESSION), ...(seed === undefined ? {} : { seed }) },
  )
}
