namespace Upscale;

/// <summary>What the engine offers to a stage while it works on one picture.</summary>
public interface IStageServices
{
    /// <summary>The networks, on the device that was asked for.</summary>
    IModelPool Models { get; }

    /// <summary>Seed of everything random: a result is a function of it, never of tile size or thread count.</summary>
    long Seed { get; }

    /// <summary>The noise of <see cref="Seed"/>.</summary>
    INoise Noise => new Noise(Seed);

    /// <summary>Side of a tile in input pixels as the user wants it; null for the engine's own choice.</summary>
    int? TileSize { get; }

    /// <summary>The tile sizes that turned out to be too large in this process.</summary>
    ITileMemory TileMemory { get; }

    /// <summary>Told after each finished tile: how many of <see cref="StagePlan.Tiles"/> are done since the last call.</summary>
    void ReportTiles(int finished);

    /// <summary>Told once per picture at most for the same text: something was not kept, lowered or replaced.</summary>
    void Warn(string message);

    /// <summary>Decisions, for <c>-Verbose</c>.</summary>
    void Log(string message);

    /// <summary>Opens another picture than the one that is worked on, such as a mask. Its colours only, values 0..1.</summary>
    /// <param name="path">Full path of a file.</param>
    /// <returns>A source that the caller disposes.</returns>
    /// <exception cref="UpscaleException">There is no such file, or it is no picture.</exception>
    IStripSource OpenPicture(string path);

    /// <summary>Makes another stage to use inside this one, from whatever plugin offers it.</summary>
    /// <param name="stageId">Such as <c>interpolation</c>.</param>
    /// <param name="options">Option names and values as in a recipe.</param>
    /// <exception cref="UpscaleException">There is no such stage, or the options do not fit.</exception>
    IStage CreateStage(string stageId, IReadOnlyDictionary<string, object> options);
}
