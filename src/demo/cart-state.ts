import type { Cart } from '../client/kiosk.ts'
import { onChange, shop } from './session.ts'
import { update } from './update.ts'

/** The cart of who is logged in, as the shop last told it. */
export const cartState: { cart: Cart | undefined } = { cart: undefined }

export function keepCart(cart: Cart | undefined): void {
  cartState.cart = cart
  update()
}

export async function readCart(): Promise<Cart> {
  const cart = await shop.cart.get()
  keepCart(cart)
  return cart
}

/** For the number beside the cart; the page of the cart says what went wrong, if it does. */
export function refreshCart(): void {
  readCart().catch(() => update())
}

export function followCart(): void {
  const changed = () => {
    keepCart(undefined)
    if (shop.account) refreshCart()
  }
  onChange.add(changed)
  changed()
}
