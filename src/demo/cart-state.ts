import type { Cart } from '../client/kiosk.ts'
import { onSessionChange, shop } from './session.ts'
import { requestRender } from './rendering.ts'

/** The customer's cart as of the last response. */
export const cartState: { cart: Cart | undefined } = { cart: undefined }

/** Numbers reads as they begin, and changes as their responses arrive. */
let newest = 0
/** Of the read or change that `cartState` shows. */
let shown = 0

/** Shows the cart as a change has left it. */
export function setCart(cart: Cart | undefined): void {
  show(cart, (newest += 1))
}

function show(cart: Cart | undefined, number: number): void {
  if (number < shown) return // a read that was overtaken by a later one, a change or another account
  shown = number
  cartState.cart = cart
  requestRender()
}

export async function readCart(): Promise<Cart> {
  const number = (newest += 1)
  const cart = await shop.cart.get()
  show(cart, number)
  return cart
}

/** Updates the number beside the cart. Ignores errors, which the cart page shows. */
export async function refreshCart(): Promise<void> {
  await readCart().catch(() => requestRender())
}

export function trackCart(): void {
  const changed = () => {
    setCart(undefined)
    if (shop.account) void refreshCart()
  }
  onSessionChange.add(changed)
  changed()
}
