import type { HighlightTarget } from '../listening/highlight'
import type { Passage } from './quote'

/** Return the part of the text that is selected in an element; null if none is. */
export function selectedPassage(target: HighlightTarget, within: Element): Passage | null {
  const selection = getSelection()
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null
  const range = selection.getRangeAt(0)
  if (!within.contains(range.commonAncestorContainer) || !selection.toString().trim()) return null
  const nodes = textNodes(range)
  const start = firstPosition(nodes, (node) => target.positionAt({ node, offset: node === range.startContainer ? range.startOffset : 0 }))
  const end = firstPosition(nodes.reverse(), (node) => {
    const offset = node === range.endContainer ? range.endOffset : node.length
    return offset === 0 ? null : target.positionAt({ node, offset }, true)
  })
  return start !== null && end !== null && end > start ? { start, end } : null
}

function textNodes(range: Range): Text[] {
  const root = range.commonAncestorContainer
  if (root instanceof Text) return [root]
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const nodes: Text[] = []
  while (walker.nextNode()) {
    const node = walker.currentNode as Text
    if (range.intersectsNode(node)) nodes.push(node)
    else if (nodes.length) break
  }
  return nodes
}

function firstPosition(nodes: Text[], positionOf: (node: Text) => number | null): number | null {
  for (const node of nodes) {
    const position = positionOf(node)
    if (position !== null) return position
  }
  return null
}
