import type { Cart } from '../client/kiosk.ts'
import { onSessionChange, shop } from './session.ts'
import { requestRender } from './rendering.ts'

/** The customer's cart as of the last response. */
export const cartState: { cart: Cart | undefined } = { cart: undefined }

export function setCart(cart: Cart | undefined): void {
  cartState.cart = cart
  requestRender()
}

export async function readCart(): Promise<Cart> {
  const cart = await shop.cart.get()
  setCart(cart)
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
