/**
 * What is made of an object once, and is the same whenever it is asked for again.
 *
 * @module
 */

/**
 * A function that makes its answer when it is first asked about an object; it is forgotten with the object.
 *
 * @param make called once for each object, which must not change in what it looks at
 */
export function onceFor<K extends object, V extends object>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, value = make(key));
    return value;
  };
}
