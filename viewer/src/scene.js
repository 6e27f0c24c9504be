// A splat scene on a canvas: load a SOG and render it from a position, for one eye or for two.

import {
  AppBase,
  AppOptions,
  Asset,
  CameraComponentSystem,
  Color,
  Entity,
  GSplatComponentSystem,
  GSplatHandler,
  TextureHandler,
  Vec4,
  WebglGraphicsDevice,
  XrManager,
} from "playcanvas";

import { headBox, magnification, verticalFov } from "./camera.js";
import { depthModifier } from "./depth_colors.js";

// The mean distance of adult pupils, in metres.
const EYES_APART_M = 0.063;
const MOST_PIXELS_PER_CSS_PIXEL = 2;

/**
 * One scene at a time. `photo` has width, height and focal length of the upright photo, in pixels.
 * `onFrame` is called for each frame that shows the scene.
 */
export class SplatScene {
  /** The parent of the camera: it moves the space of a headset within the scene. */
  rig = new Entity("rig");
  #app;
  #canvas;
  #photo;
  #entity = null;
  #asset = null;
  #box = null;
  #eyeAspect = null;
  #showsDepth = false;
  #mono;
  #pair;
  #onFrame;
  #loaded = 0;
  #isLoaded = false;
  #isDestroyed = false;
  #size = { width: 0, height: 0 };

  /** Create the graphics device. Throws if the browser has no WebGL 2. */
  constructor(canvas, photo, onFrame) {
    this.#canvas = canvas;
    this.#photo = photo;
    this.#onFrame = onFrame;
    const device = new WebglGraphicsDevice(canvas, {
      antialias: false,
      alpha: true,
      depth: true,
      stencil: false,
      powerPreference: "high-performance",
    });
    const options = new AppOptions();
    options.graphicsDevice = device;
    options.componentSystems = [CameraComponentSystem, GSplatComponentSystem];
    options.resourceHandlers = [TextureHandler, GSplatHandler];
    options.xr = XrManager;
    this.#app = new AppBase(canvas);
    this.#app.init(options);
    this.#app.autoRender = false;
    this.#app.root.addChild(this.rig);
    const whole = new Vec4(0, 0, 1, 1);
    this.#mono = this.#addCamera(whole, true);
    this.#pair = [-1, 1].map((side) =>
      this.#addCamera(new Vec4(side < 0 ? 0 : 0.5, 0, 0.5, 1), false),
    );
    this.#app.systems.gsplat.on("frame:request", () => this.redraw());
    this.#app.systems.gsplat.on("frame:ready", (_camera, _layer, ready, loading) => {
      if (!ready || loading || !this.#isLoaded) return;
      // The engine counts drawn splats at the start of the next frame, and requests none meanwhile.
      if (this.#app.stats.frame.gsplats > 0) this.#onFrame();
      else requestAnimationFrame(() => this.redraw());
    });
    this.#app.start();
  }

  /**
   * Show the SOG in `bytes` (ArrayBuffer) of `photo`, in place of what is shown; return its head box.
   * Rejects if it is not a SOG, and goes on showing what it showed.
   */
  load(bytes, photo = this.#photo) {
    // The engine keeps what it has loaded by its address: a second scene needs another one.
    this.#loaded += 1;
    const asset = new Asset("scene", "gsplat", {
      url: `scene${this.#loaded}.sog`,
      filename: "scene.sog",
      contents: bytes,
    });
    return new Promise((resolve, reject) => {
      asset.on("error", (error) => reject(new Error(String(error))));
      asset.on("load", () => {
        if (this.#isDestroyed) return; // the viewer was left meanwhile
        this.#replace(asset, photo);
        resolve(this.#box);
      });
      this.#app.assets.add(asset);
      this.#app.assets.load(asset);
    });
  }

  #replace(asset, photo) {
    const before = { entity: this.#entity, asset: this.#asset };
    this.#photo = photo;
    this.#asset = asset;
    this.#box = headBox(asset.resource.centers ?? [], photo);
    this.#entity = new Entity("scene");
    this.#entity.addComponent("gsplat", { asset });
    // Rotate by 180 degrees about x: from (right, down, forward) to (right, up, backward).
    this.#entity.setLocalEulerAngles(180, 0, 0);
    this.#app.root.addChild(this.#entity);
    // Sorted by distance, splats keep their order when the view turns.
    this.#app.scene.gsplat.radialSorting = photo.is360;
    this.showsDepth = this.#showsDepth;
    this.#isLoaded = true;
    before.entity?.destroy();
    if (before.asset) {
      this.#app.assets.remove(before.asset);
      before.asset.unload();
    }
    this.redraw();
  }

  /** Show depth in place of colours: near is bright, far is dark. */
  set showsDepth(on) {
    this.#showsDepth = on;
    this.#entity?.gsplat.setWorkBufferModifier(on ? depthModifier(this.#box, this.#photo.is360) : null);
    this.redraw();
  }

  get showsDepth() {
    return this.#showsDepth;
  }

  /** Render the scene from `eye`. The camera looks at the focus depth on the photo's axis. */
  look(eye, box) {
    const fov = 2 * Math.atan(this.#slope() / magnification(eye, box));
    this.#mono.setPosition(eye.x, -eye.y, -eye.z);
    this.#mono.lookAt(0, 0, -box.focus);
    this.#setView(fov, box);
  }

  /** Render a 360° scene from its middle, turned by yaw and pitch in degrees. */
  turn({ yaw, pitch, zoom }, box) {
    this.#mono.setPosition(0, 0, 0);
    this.#mono.setEulerAngles(0, 0, 0);
    this.#mono.rotate(0, -yaw, 0);
    this.#mono.rotateLocal(pitch, 0, 0);
    this.#setView(2 * Math.atan(this.#slope() / zoom), box);
  }

  // Half the height of the image at a distance of 1: so that all of the photo is in the image.
  #slope() {
    const { width, height, is360 } = this.#photo;
    const slope = Math.tan((verticalFov(this.#photo) * Math.PI) / 360);
    return is360 ? slope : slope * Math.max(1, width / height / this.aspect);
  }

  // `fov` is the vertical field of view in radians, of the camera that is set already.
  #setView(fov, box) {
    this.#mono.camera.fov = (fov * 180) / Math.PI;
    const apart = Math.min(EYES_APART_M, box.lateral);
    this.#pair.forEach((camera, index) => {
      const aside = (index - 0.5) * apart;
      camera.setPosition(this.#mono.getPosition());
      camera.setRotation(this.#mono.getRotation());
      camera.translateLocal(aside, 0, 0);
      camera.camera.calculateProjection = (matrix) => {
        this.#setShiftedProjection(matrix, camera.camera, fov, aside / box.focus);
      };
    });
    this.redraw();
  }

  // Points at the focus depth have no parallax: they appear on the plane of the screen.
  #setShiftedProjection(matrix, camera, fov, slope) {
    const top = camera.nearClip * Math.tan(fov / 2);
    const right = top * this.aspect;
    const shift = -slope * camera.nearClip;
    matrix.setFrustum(shift - right, shift + right, -top, top, camera.nearClip, camera.farClip);
  }

  /**
   * Set the shape of one eye's image, where it is not the photo's. 3D televisions take two images
   * squeezed to half the width of the screen: their shape is that of the whole screen.
   */
  set eyeAspect(aspect) {
    this.#eyeAspect = aspect;
    this.redraw();
  }

  /** Width over height of one eye's image: the photo's, or all that there is for a 360° scene. */
  get aspect() {
    if (this.#eyeAspect) return this.#eyeAspect;
    const { width, height } = this.#size;
    const eyes = this.isStereo ? 2 : 1;
    return this.#photo.is360 ? width / eyes / height : this.#photo.width / this.#photo.height;
  }

  /** Show one image, or one for each eye side by side. */
  set isStereo(on) {
    this.#mono.enabled = !on;
    for (const camera of this.#pair) camera.enabled = on;
    this.redraw();
  }

  get isStereo() {
    return !this.#mono.enabled;
  }

  /** Set the resolution of the canvas from its size on the page, in CSS pixels. */
  resize(width, height) {
    const scale = Math.min(devicePixelRatio || 1, MOST_PIXELS_PER_CSS_PIXEL);
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    if (size.width === this.#size.width && size.height === this.#size.height) return;
    this.#size = size;
    this.#canvas.width = size.width;
    this.#canvas.height = size.height;
    this.redraw();
  }

  /** Call `step` before each frame, with the seconds since the last frame. */
  onUpdate(step) {
    this.#app.on("update", step);
  }

  redraw() {
    this.#app.renderNextFrame = true;
  }

  /** The engine's WebXR sessions; null where the browser has none. */
  get xr() {
    return this.#app.xr?.supported ? this.#app.xr : null;
  }

  /** The camera entity whose pose a headset sets, in the space of `rig`. */
  get eyes() {
    return this.#mono;
  }

  get box() {
    return this.#box;
  }

  /** Render all the time, as for a headset, or only what has changed. */
  set rendersAlways(on) {
    this.#app.autoRender = on;
    this.redraw();
  }

  get isInHeadset() {
    return Boolean(this.#app.xr?.active);
  }

  /** Release the graphics device: browsers have few. */
  destroy() {
    this.#isDestroyed = true;
    this.#app.destroy();
  }

  #addCamera(rect, enabled) {
    const camera = new Entity("camera");
    camera.addComponent("camera", {
      clearColor: new Color(0, 0, 0, 0),
      fov: verticalFov(this.#photo),
      nearClip: 0.01,
      farClip: 10_000,
      rect,
    });
    camera.enabled = enabled;
    this.rig.addChild(camera);
    return camera;
  }
}
