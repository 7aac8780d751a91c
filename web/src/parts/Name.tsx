import { removeBidiControls } from './displayName'

/** A name or title of a user as an element, isolated from the text around it. */
export function Name({ children }: { children: string }) {
  return <bdi>{removeBidiControls(children)}</bdi>
}
