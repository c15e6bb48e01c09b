/** Undo and redo over snapshots; what is kept is never changed in place. */

/** `createHistory(first)` → `{ current(), push(next), undo(), redo(), canUndo(), canRedo(), isChanged() }`. */
export function createHistory(first, { most = 200 } = {}) {
  let past = [];
  let present = first;
  let future = [];
  return {
    current: () => present,
    push(next) {
      past = [...past, present].slice(-most);
      present = next;
      future = [];
    },
    undo() {
      if (past.length) {
        future = [present, ...future];
        present = past.at(-1);
        past = past.slice(0, -1);
      }
      return present;
    },
    redo() {
      if (future.length) {
        past = [...past, present];
        [present, ...future] = future;
      }
      return present;
    },
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
    isChanged: () => present !== first,
  };
}
