using Microsoft.ML.OnnxRuntime;

namespace Upscale.Inference;

/// <summary>
/// Finds out by reading a graph and trying it what no card tells: layout, channels, number type, sizes that run, scale,
/// border and halo. All on the CPU, in an arena of limited size.
/// </summary>
internal sealed class ModelProbe
{
    private const int HaloWindow = 128;
    private const int HaloWindowHeight = 32;
    private const int LargestHalo = 32;

    /// <summary>Differences below this, half a step of 8 bits, do not show as a seam.</summary>
    private const float SeamTolerance = 1f / 512;

    /// <summary>Differences below this are those of the order of sums.</summary>
    private const float SameTolerance = 1e-5f;

    private static readonly int[] s_sizes = [64, 128, 48, 96, 32, 256, 192, 72, 512, 224, 384, 16, 8];
    private static readonly int[] s_multiples = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 72, 96, 128];
    private static readonly int[] s_smallSizes = [1, 2, 4, 8, 12, 16, 20, 24, 32, 48];
    private static readonly int[] s_channels = [3, 1, 4];

    private readonly ModelFile _file;
    private readonly InferenceSession _session;
    private readonly CancellationToken _cancellationToken;
    private readonly IReadOnlyDictionary<string, string> _metadata;
    private readonly GraphTensor _input;
    private string _lastFailure = "it gave nothing";
    private TensorFormat _format;
    private int _channels;

    private ModelProbe(ModelFile file, InferenceSession session, CancellationToken cancellationToken)
    {
        _file = file;
        _session = session;
        _cancellationToken = cancellationToken;
        _metadata = session.ModelMetadata.CustomMetadataMap;
        _input = FindInput();
        _format = new TensorFormat { Input = _input.Name, Output = "" };
    }

    /// <summary>Reads and tries a network.</summary>
    /// <param name="file">Looked through already.</param>
    /// <param name="sessions">Makes the session.</param>
    /// <param name="cancellationToken">Ends the trial.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>.</exception>
    public static ModelCard Describe(ModelFile file, SessionFactory sessions, CancellationToken cancellationToken)
    {
        InferenceSession session;
        try
        {
            session = sessions.LoadForTrial(file.Path);
        }
        catch (OnnxRuntimeException exception)
        {
            throw LoadErrors.Translate(file, exception);
        }

        using (session)
        {
            return new ModelProbe(file, session, cancellationToken).Describe();
        }
    }

    private ModelCard Describe()
    {
        using TrialRun first = FindRun();
        _format = _format with { Output = first.Output, OutputType = first.OutputType };
        _format = _format with { White = FindWhite(first) };
        for (int c = 0; c < first.Picture.Channels; c++)
        {
            if (!OutputCheck.IsFinite(first.Picture.Plane(c), out _))
            {
                throw Refused(_file.ComputesInHalf
                    ? "gives values that are not finite for an ordinary picture: float16 is not enough for it, export it in float32"
                    : "gives values that are not finite for an ordinary picture: its weights are damaged");
            }
        }

        (int scale, int border, int? multiple) = FindGeometry(first);
        int smallest = multiple is { } step ? FindSmallest(first, scale, border, step) : 1;
        return new ModelCard
        {
            Id = Path.GetFileNameWithoutExtension(_file.Path),
            Path = _file.Path,
            Sha256 = _file.Sha256,
            Scale = scale,
            Channels = _channels,
            OutputChannels = first.Picture.Channels,
            Border = border,
            MultipleOf = multiple ?? 1,
            Alignment = multiple ?? 1,
            MinimumSize = smallest,
            FixedSize = multiple is null ? (first.Width, first.Height) : null,
            Halo = FindHalo(first, scale, border, multiple, smallest),
            GlobalPooling = _file.GlobalPooling,
            Parameters = _file.Parameters,
            Licence = ModelMetadataKeys.Find(_metadata, "licence", "license"),
            Author = ModelMetadataKeys.Find(_metadata, "author"),
            Source = ModelMetadataKeys.Find(_metadata, "source"),
            Format = _format,
        };
    }

    private UpscaleException Refused(string reason) => ModelFile.Refused(_file.Path, reason);

    private GraphTensor FindInput()
    {
        GraphTensor[] inputs = [.. _session.InputMetadata.Select(i => GraphTensor.Read(i.Key, i.Value))];
        if (inputs.Length != 1)
            throw Refused(inputs.Length == 0 ? "takes no input" : $"wants more than a picture: its inputs are {string.Join(", ", inputs.Select(i => i.ToString()))}");
        GraphTensor input = inputs[0];
        if (input.Type is null)
            throw Refused($"takes no picture: its input is {input}");
        if (input.Dimensions.Count is not (0 or 4))
        {
            throw Refused(input.Dimensions.Count == 5
                ? $"takes five dimensions, as networks for video do, and not a picture: its input is {input}"
                : $"takes no picture of four dimensions (batch, channels, height, width): its input is {input}");
        }

        return input;
    }

    /// <summary>All ways in which the input may be meant, likeliest first.</summary>
    private IEnumerable<(TensorFormat Format, int Channels, int? Width, int? Height)> Candidates()
    {
        bool bgr = ModelMetadataKeys.IsBgr(_metadata);
        TensorFormat format = _format with { InputType = _input.Type!, Bgr = bgr };
        IReadOnlyList<int> d = _input.Dimensions.Count == 4 ? _input.Dimensions : [-1, -1, -1, -1];
        format = format with { Batch = Math.Max(d[0], 1) };
        foreach ((string layout, int channel, int height, int width) in new[] { ("NCHW", d[1], d[2], d[3]), ("NHWC", d[3], d[1], d[2]) })
        {
            bool otherIsFixed = layout == "NCHW" ? channel < 0 && s_channels.Contains(d[3]) : channel < 0 && s_channels.Contains(d[1]);
            if (otherIsFixed)
                continue;
            foreach (int channels in s_channels.Where(c => channel < 0 || c == channel))
                yield return (format with { Layout = layout }, channels, width > 0 ? width : null, height > 0 ? height : null);
        }
    }

    private TrialRun FindRun()
    {
        var candidates = Candidates().ToList();
        if (candidates.Count == 0)
            throw Refused($"takes neither 1, 3 nor 4 channels: its input is {_input}");
        foreach (int size in s_sizes)
        {
            foreach (var candidate in candidates.ToArray())
            {
                TrialRun? run = null;
                bool ran = false;
                try
                {
                    run = Run(candidate.Format, candidate.Channels, candidate.Width ?? size, candidate.Height ?? size, 0);
                    ran = true;
                }
                catch (OnnxRuntimeException exception)
                {
                    _lastFailure = RuntimeErrors.Summary(exception);
                    if (RuntimeErrors.Classify(exception) == RuntimeErrorKind.TooLarge)
                        throw Refused($"needs too much memory: a run on {candidate.Width ?? size} x {candidate.Height ?? size} pixels failed ({_lastFailure})");
                }

                if (run is not null)
                {
                    _format = candidate.Format;
                    _channels = candidate.Channels;
                    return run;
                }

                // Where it ran and gave no picture, or has one size only, other sizes are not worth a try.
                if (ran || (candidate.Width is not null && candidate.Height is not null))
                    candidates.Remove(candidate);
            }
        }

        throw Refused($"gave no picture in any trial: {_lastFailure}");
    }

    /// <returns>Null when no output is a picture.</returns>
    private TrialRun? Run(TensorFormat format, int channels, int width, int height, int left)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        using Tile tile = ProbePicture.Window(width, height, channels, left);
        byte[] tensor = new byte[tile.Data.Length * format.Batch * TensorCodec.SizeOf(format.InputType)];
        TensorCodec.Pack(tile, tensor, format with { White = InputWhite() });
        using OrtValue input = TensorValue(tensor, format, tile);
        using RunOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

        // The arena for trials is the process's own; it is not to keep what a trial took.
        options.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
        using CancellationTokenRegistration stop = _cancellationToken.Register(static o => ((RunOptions)o!).Terminate = true, options);
        string[] names = format.Output.Length > 0 ? [format.Output] : [.. _session.OutputNames];
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(options, [format.Input], [input], names);
            return FindPicture(format, channels, width, height, names, outputs);
        }
        catch (OnnxRuntimeException exception) when (RuntimeErrors.Classify(exception) == RuntimeErrorKind.Cancelled)
        {
            throw new OperationCanceledException("The trial was stopped.", exception, _cancellationToken);
        }
    }

    private static OrtValue TensorValue(byte[] tensor, TensorFormat format, Tile tile)
    {
        OrtValue value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance,
            TensorCodec.ElementType(format.InputType),
            TensorCodec.Shape(format, tile.Channels, tile.Height, tile.Width));
        tensor.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private float InputWhite()
    {
        (double black, double white) = ModelMetadataKeys.Range(_metadata) ?? (0, 1);
        if (black != 0 || white is not (1 or 255))
            throw Refused(FormattableString.Invariant($"wants values from {black} to {white}; 0 to 1 and 0 to 255 are possible"));
        return (float)white;
    }

    /// <summary>
    /// Of several pictures the one with colours (or as many channels as the input), then the largest, then the last.
    /// </summary>
    private TrialRun? FindPicture(
        TensorFormat format, int channels, int width, int height, string[] names, IDisposableReadOnlyCollection<OrtValue> outputs)
    {
        (int Rank, long Area, int Index)? best = null;
        (string Type, int Channels, int Height, int Width) chosen = ("", 0, 0, 0);
        List<string> seen = [];
        for (int i = 0; i < outputs.Count; i++)
        {
            if (!outputs[i].IsTensor)
                continue;
            OrtTensorTypeAndShapeInfo info = outputs[i].GetTensorTypeAndShape();
            long[] shape = info.Shape;
            seen.Add($"'{names[i]}' ({string.Join(" x ", shape)})");
            if (TensorCodec.TypeName(info.ElementDataType) is not { } type || shape.Length != 4 || shape[0] != format.Batch)
                continue;
            (long c, long h, long w) = format.Layout == "NCHW" ? (shape[1], shape[2], shape[3]) : (shape[3], shape[1], shape[2]);
            if (!s_channels.Contains((int)c) || h < 1 || w < 1)
                continue;
            (int Rank, long Area, int Index) key = (c == channels ? 2 : c == 3 ? 1 : 0, h * w, i);
            if (best is null || key.CompareTo(best.Value) > 0)
            {
                best = key;
                chosen = (type, (int)c, (int)h, (int)w);
            }
        }

        if (best is not { } found)
        {
            _lastFailure = $"its outputs are no pictures: {string.Join(", ", seen)}";
            return null;
        }

        Tile picture = new(chosen.Width, chosen.Height, chosen.Channels);
        TensorFormat raw = format with { OutputType = chosen.Type, White = 1 };
        TensorCodec.Unpack(outputs[found.Index].GetTensorMutableRawData(), picture, raw);
        return new TrialRun(width, height, names[found.Index], chosen.Type, picture);
    }

    /// <summary>White of the floats: as told, or, between bytes and floats, as it comes out.</summary>
    private float FindWhite(TrialRun run)
    {
        if (_format.InputType != TensorCodec.UInt8)
            return InputWhite();
        if (run.OutputType == TensorCodec.UInt8)
            return byte.MaxValue;
        float sum = 0;
        foreach (float value in run.Picture.Data.Span)
            sum += value;
        return sum / run.Picture.Data.Length > 2 ? 255 : 1;
    }

    /// <summary>Scale, border, and the step between sizes that run; no step when there is only one size.</summary>
    private (int Scale, int Border, int? Multiple) FindGeometry(TrialRun first)
    {
        bool anySize = _input.Dimensions.Count == 0 || (_format.Layout == "NCHW" ? _input.Dimensions.Skip(2) : _input.Dimensions.Skip(1).Take(2)).All(d => d < 0);
        foreach (int step in anySize ? s_multiples.Where(m => first.Width % m == 0) : [])
        {
            int width = first.Width + step, height = step < first.Height ? first.Height - step : first.Height;
            using TrialRun? run = TryRun(width, height, 0);
            if (run is null)
                continue;
            if (Solve(first, run) is { } geometry && (step < first.Width || ShowTheSame(first, run)))
                return (geometry.Scale, geometry.Border, step);
            if (SameFraction(first, run) is { } fraction)
                throw Refused(FormattableString.Invariant($"enlarges by {fraction:0.###}, and not by a whole number"));
        }

        if (first.Picture.Width % first.Width != 0 || first.Picture.Width / first.Width * first.Height != first.Picture.Height)
            throw Refused($"makes {first.Picture.Width} x {first.Picture.Height} pixels of {first.Width} x {first.Height}, which is no enlargement by a whole number");
        return (first.Picture.Width / first.Width, 0, null);
    }

    /// <summary>Finds s and b of out = (in - 2b) s, if both runs follow it.</summary>
    private static (int Scale, int Border)? Solve(TrialRun a, TrialRun b)
    {
        int change = b.Width - a.Width, outChange = b.Picture.Width - a.Picture.Width;
        int scale = outChange / change;
        if (scale < 1 || outChange % change != 0)
            return null;
        int missing = a.Width * scale - a.Picture.Width, border = missing / (2 * scale);
        if (missing < 0 || missing % (2 * scale) != 0)
            return null;
        return Follows(a, scale, border) && Follows(b, scale, border) ? (scale, border) : null;
    }

    private static bool Follows(TrialRun run, int scale, int border)
        => run.Picture.Width == (run.Width - 2 * border) * scale && run.Picture.Height == (run.Height - 2 * border) * scale;

    /// <summary>
    /// Compares the corner that two runs have in common, away from their other edges. A graph with the number of its windows
    /// written into it may take twice the size for two pictures, and mix up the places.
    /// </summary>
    private bool ShowTheSame(TrialRun a, TrialRun b)
    {
        int width = Math.Min(a.Picture.Width, b.Picture.Width) / 4, height = Math.Min(a.Picture.Height, b.Picture.Height) / 4;
        float largest = 0;
        for (int x = 0; x < width; x++)
            largest = Math.Max(largest, Difference(a.Picture, x, b.Picture, x, height));
        return largest / WhiteOf(a) <= SameTolerance;
    }

    private static double? SameFraction(TrialRun a, TrialRun b)
    {
        double ratio = a.Picture.Width / (double)a.Width;
        bool same = Math.Abs(b.Picture.Width / (double)b.Width - ratio) < 0.02 && Math.Abs(b.Picture.Height / (double)b.Height - ratio) < 0.02;
        return same && Math.Abs(ratio - Math.Round(ratio)) > 0.02 ? ratio : null;
    }

    private TrialRun? TryRun(int width, int height, int left)
    {
        try
        {
            return Run(_format, _channels, width, height, left);
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
    }

    private int FindSmallest(TrialRun first, int scale, int border, int step)
    {
        foreach (int size in s_smallSizes.Select(s => (s + step - 1) / step * step).Distinct().Where(s => s > 2 * border && s < first.Width))
        {
            using TrialRun? run = TryRun(size, size, 0);
            if (run is not null && Follows(run, scale, border))
                return size;
        }

        return first.Width;
    }

    /// <summary>
    /// Lets the network work on two windows of one picture that overlap by half, and looks how far from the windows' edges
    /// the results still differ.
    /// </summary>
    private int FindHalo(TrialRun first, int scale, int border, int? multiple, int smallest)
    {
        int step = multiple ?? 1;
        int width = multiple is null ? first.Width : RoundUp(HaloWindow, step);
        int height = multiple is null ? first.Height : RoundUp(Math.Max(Math.Max(HaloWindowHeight, smallest), 2 * border + HaloWindowHeight / 2), step);
        int shift = Math.Max(width / 2 / step, 1) * step;
        int limit = width / 4;
        int fallback = Math.Max(Math.Min(LargestHalo, limit), border);
        using TrialRun? left = TryRun(width, height, 0);
        using TrialRun? right = left is null ? null : TryRun(width, height, shift);
        if (left is null || right is null)
            return fallback;

        float[] worst = new float[limit + 1];
        for (int x = shift * scale; x < left.Picture.Width; x++)
        {
            int column = x / scale + border;
            int distance = Math.Min(Math.Min(width - 1 - column, column - shift), limit);
            worst[distance] = Math.Max(worst[distance], Difference(left.Picture, x, right.Picture, x - shift * scale, left.Picture.Height) / WhiteOf(left));
        }

        int halo = limit;
        while (halo > 0 && worst[halo - 1] < SeamTolerance)
            halo--;
        return halo == limit ? fallback : Math.Max(RoundUp(halo, 2), border);
    }

    private float WhiteOf(TrialRun run) => run.OutputType == TensorCodec.UInt8 ? byte.MaxValue : _format.White;

    private static int RoundUp(int value, int step) => (value + step - 1) / step * step;

    private static float Difference(Tile a, int columnOfA, Tile b, int columnOfB, int height)
    {
        float largest = 0;
        for (int c = 0; c < a.Channels; c++)
        {
            for (int y = 0; y < height; y++)
                largest = Math.Max(largest, Math.Abs(a.Row(c, y)[columnOfA] - b.Row(c, y)[columnOfB]));
        }

        return largest;
    }
}
