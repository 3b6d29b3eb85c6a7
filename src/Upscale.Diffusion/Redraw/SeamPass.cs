namespace Upscale.Diffusion.Redraw;

/// <summary>What is made anew a second time where tiles meet. For R rows of C tiles:</summary>
public enum SeamPass
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A band along each border, over the whole width or height of the picture: R + C - 2 parts.</summary>
    Band,

    /// <summary>A tile over each border between two tiles, shifted by half: R (C - 1) + (R - 1) C parts.</summary>
    HalfTile,

    /// <summary>The same, and a tile over each corner where four tiles meet: (R - 1) (C - 1) parts more.</summary>
    HalfTileIntersections,
}
