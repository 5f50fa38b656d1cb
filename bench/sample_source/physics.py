"""The formulas behind the figures and tables of the sample library."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FOCAL_MM, INDEX, HALF_WIDTH_MM, BASE_MM, DENSITY = 920.0, 1.52, 350.0, 10.0, 2.52


def munk_speed(depth_m: Array) -> Array:
    """Speed of sound in Munk's standard ocean, in metres per second."""
    eta = 2.0 * (depth_m - 1300.0) / 1300.0
    return 1500.0 * (1.0 + 0.00737 * (eta + np.exp(-eta) - 1.0))


def thorp_absorption(frequency_khz: Array) -> Array:
    """Absorption of sound in sea water by Thorp's formula, in decibels per kilometre."""
    square = frequency_khz**2
    return 0.11 * square / (1 + square) + 44 * square / (4100 + square) + 2.75e-4 * square


def horizon_km(height_m: Array | float) -> Array:
    """Distance of the sea horizon without bending of light, in kilometres."""
    return 3.57 * np.sqrt(np.asarray(height_m, dtype=float))


def sound_ray(
    angle_deg: float, reach_km: float = 160.0, step_m: float = 50.0
) -> tuple[Array, Array]:
    """Range (km) and depth (m) of a ray that leaves the channel axis of Munk's ocean.

    Integrates Snell's law: d(angle)/ds = -cos(angle)/c * dc/dz, depth downwards.
    """
    steps = int(reach_km * 1000 / step_m)
    x, z, angle = 0.0, 1300.0, np.radians(angle_deg)
    path = np.empty((steps, 2))
    for i in range(steps):
        path[i] = x / 1000.0, z
        near = munk_speed(np.array([z - 1.0, z, z + 1.0]))
        angle -= step_m * np.cos(angle) * (near[2] - near[0]) / 2.0 / near[1]
        x += step_m * np.cos(angle)
        z += step_m * np.sin(angle)
    return path[:, 0], path[:, 1]


def lens_profile(rings: int, samples: int = 4001) -> tuple[Array, Array]:
    """Height from the axis and thickness of a flat-and-curved lens cut into equal rings, in mm."""
    radius = (INDEX - 1.0) * FOCAL_MM
    height = np.linspace(0.0, HALF_WIDTH_MM, samples)
    bulge = np.sqrt(radius**2 - height**2)
    ring = np.minimum((height / HALF_WIDTH_MM * rings).astype(int), rings - 1)
    edge = (ring + 1) * HALF_WIDTH_MM / rings
    return height, bulge - np.sqrt(radius**2 - edge**2) + BASE_MM


def lens_mass_kg(rings: int) -> float:
    """Mass of that lens in crown glass."""
    height, thickness = lens_profile(rings, 40001)
    return float(np.trapezoid(2 * np.pi * height * thickness, height) / 1e6 * DENSITY)
