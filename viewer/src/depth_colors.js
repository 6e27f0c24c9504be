// The depth view: each splat takes a shade of its depth. Near is bright, far is dark.

// Brightness runs with the logarithm of depth: equal steps are equal ratios of depth. The colours
// run from dark violet over red to light yellow, and grow brighter all the way.
export const SHADES = ["#0d0829", "#56106e", "#bb3754", "#f98c0a", "#fcffa4"];

/** Return the engine's modifier of splats in a scene with this head box. */
export function depthModifier({ near, far }, is360) {
  const shades = SHADES.map((shade) => {
    const parts = [1, 3, 5].map((at) => (parseInt(shade.slice(at, at + 2), 16) / 255).toFixed(4));
    return `vec3(${parts.join(", ")})`;
  });
  // Depth is along the photo's axis; in a 360° scene, it is the distance from the eye.
  const depth = is360 ? "length(center)" : "-center.z";
  return {
    glsl: `
void modifySplatCenter(inout vec3 center) {
}
void modifySplatRotationScale(vec3 original, vec3 center, inout vec4 rotation, inout vec3 scale) {
}
void modifySplatColor(vec3 center, inout vec4 color) {
  float depth = max(${depth}, 1e-6);
  float nearness = clamp(log(${far.toFixed(6)} / depth) / ${Math.log(far / near).toFixed(6)}, 0.0, 1.0);
  vec3 shades[${SHADES.length}] = vec3[${SHADES.length}](${shades.join(", ")});
  float at = nearness * ${SHADES.length - 1}.0;
  int below = min(int(at), ${SHADES.length - 2});
  color.rgb = mix(shades[below], shades[below + 1], at - float(below));
}
`,
  };
}
