namespace Upscale.Inference;

/// <summary>Takes networks into the user's folder: looks at them, tries them, hashes them, and writes a card that can be edited.</summary>
/// <param name="pool">Tries networks without a card.</param>
/// <param name="catalog">The networks that are there.</param>
/// <param name="folder">Full path of the user's folder of networks; made when it is missing.</param>
public sealed class ModelImporter(SessionPool pool, ModelCatalog catalog, string folder)
{
    private const string GraphName = "model.onnx";

    private static readonly char[] s_invalid = [.. Path.GetInvalidFileNameChars(), '/', '\\', ':', '*', '?', '"', '<', '>', '|'];

    /// <summary>Looks at a network and settles its name; nothing is written.</summary>
    /// <param name="source">
    /// Full path of an .onnx file, whose external data comes along; or of a folder with a card (model.json), with a pipeline as diffusers and optimum write it
    /// (model_index.json), or with one .onnx file in it.
    /// </param>
    /// <param name="name">Its id from then on; null for the name of the file, or of the folder where the file is called model.onnx.</param>
    /// <param name="force">True to replace a network of that name in the user's folder.</param>
    /// <param name="cancellationToken">Ends the trial.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.ModelNotFound"/>: nothing is there; <see cref="UpscaleErrorId.ModelNotSupported"/>: no network that can be run;
    /// <see cref="UpscaleErrorId.OptionInvalid"/>: no name for a network; <see cref="UpscaleErrorId.TargetExists"/>: the name is taken.
    /// </exception>
    public async Task<ModelImport> PlanAsync(string source, string? name, bool force, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        if (Path.GetFileName(path) is CardReader.FileName or PipelineFolderReader.FileName && File.Exists(path))
            path = Path.GetDirectoryName(path)!;
        bool isFolder = Directory.Exists(path);
        ModelCard? described = isFolder ? ModelCatalog.Read(path) : null;
        if (isFolder && described is null)
            path = OnlyGraph(path);
        string id = name ?? described?.Id ?? DefaultName(path);
        CheckName(id, name);
        id = Installed(id) ?? id;
        string target = Path.Combine(folder, id);
        if (described is not null && path == target)
            throw new UpscaleException(UpscaleErrorId.TargetExists, $"'{path}' is installed already, as the network '{id}'.");
        if (Path.Exists(target) && !force)
            throw new UpscaleException(UpscaleErrorId.TargetExists, $"There is a network '{id}' already, in {target}. Give this one another name, or have it replaced (-Force, --force).");

        if (described is null)
        {
            ModelCard found = await pool.ProbeAsync(path, cancellationToken).ConfigureAwait(false);
            ModelFile file = await Task.Run(() => ModelFile.Read(path, cancellationToken), cancellationToken).ConfigureAwait(false);
            string beside = Path.GetDirectoryName(path)!;
            return Import(found, CardWriter.Format(found, id), [.. file.Stamps.Select(s => (s.Path, s.Path == path ? GraphName : Path.GetRelativePath(beside, s.Path)))]);
        }

        ModelCard card = await Task.Run(() => pool.Verify(described, cancellationToken), cancellationToken).ConfigureAwait(false);
        string own = Path.Combine(path, CardReader.FileName);
        string text = !File.Exists(own) ? CardWriter.Format(card, id)
            : id == described.Id && described.Sha256.Length > 0 ? await File.ReadAllTextAsync(own, cancellationToken).ConfigureAwait(false)
            : CardWriter.Rename(own, card, id);
        return Import(card, text, FilesOf(path, card));

        ModelImport Import(ModelCard what, string cardText, IReadOnlyList<(string From, string To)> files)
            => new() { Id = id, Card = what, Target = target, Replaces = Directory.Exists(target), Files = files, CardText = cardText };
    }

    /// <summary>Copies a network into its folder, whole or not at all, and checks the copy.</summary>
    /// <param name="import">From <see cref="PlanAsync"/>.</param>
    /// <param name="cancellationToken">Ends the copying; nothing is left then.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.FileWriteFailed"/>; <see cref="UpscaleErrorId.ModelNotSupported"/>: a file changed while it was copied, or the copy is not what it was.
    /// </exception>
    public async Task RunAsync(ModelImport import, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(import);

        // Beside the folder and not in it, where it would be taken for a network; on the same disk, so that it only has to be renamed.
        string work = Path.Combine(Path.GetDirectoryName(folder)!, $".import-{Guid.NewGuid():n}");
        string copy = Path.Combine(work, import.Id);
        try
        {
            foreach ((string from, string to) in import.Files)
                await CopyAsync(from, Path.Combine(copy, to), cancellationToken).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(copy, CardReader.FileName), import.CardText, cancellationToken).ConfigureAwait(false);
            ModelCard written = ModelCatalog.Read(copy)!;
            await Task.Run(() => pool.Verify(written, cancellationToken), cancellationToken).ConfigureAwait(false);
            Directory.CreateDirectory(folder);
            Replace(copy, import.Target, Path.Combine(work, "replaced"), import.Replaces);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"The network '{import.Id}' cannot be written to {import.Target}: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(work))
                Directory.Delete(work, recursive: true);
        }
    }

    private static void Replace(string copy, string target, string aside, bool replaces)
    {
        if (!replaces)
        {
            Directory.Move(copy, target);
            return;
        }

        Directory.Move(target, aside);
        try
        {
            Directory.Move(copy, target);
        }
        catch
        {
            Directory.Move(aside, target);
            throw;
        }
    }

    private static async Task CopyAsync(string from, string to, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        await using (source.ConfigureAwait(false))
        {
            var target = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
            await using (target.ConfigureAwait(false))
                await source.CopyToAsync(target, 1 << 20, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string OnlyGraph(string path)
    {
        string[] graphs = [.. Directory.EnumerateFiles(path).Where(f => Path.GetExtension(f).Equals(".onnx", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
        return graphs.Length switch
        {
            1 => graphs[0],
            0 => throw ModelFile.Refused(path, $"holds no network: neither {CardReader.FileName}, {PipelineFolderReader.FileName} nor an .onnx file"),
            _ => throw ModelFile.Refused(path, $"holds several networks: name one of {string.Join(", ", graphs.Select(Path.GetFileName))}"),
        };
    }

    /// <summary>Everything in the folder of a network but its card, hidden files and what links lead out to.</summary>
    private static List<(string From, string To)> FilesOf(string path, ModelCard card)
    {
        // Of several graphs of a component one is used, and cards know it by one name.
        Dictionary<string, string> graphs = card.Components.ToDictionary(c => c.Path, c => Path.Combine(c.Name, GraphName));
        var files = new List<(string From, string To)>();
        foreach (string file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string relative = Path.GetRelativePath(path, file);
            if (relative == CardReader.FileName || relative.Split(Path.DirectorySeparatorChar).Any(part => part.StartsWith('.')))
                continue;
            if (!ContainedPath.IsInside(path, relative))
                throw ModelFile.Refused(file, "is a link that leads out of the model's own folder: put the real file there");
            files.Add((file, graphs.GetValueOrDefault(file, relative)));
        }

        return files;
    }

    /// <summary>The file's name; that of its folder where the file has the name that all have.</summary>
    private static string DefaultName(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        if (name.Equals("model", StringComparison.OrdinalIgnoreCase) && Path.GetFileName(Path.GetDirectoryName(path)) is { Length: > 0 } above)
            name = above;
        return string.Concat(name.Select(c => char.IsWhiteSpace(c) || s_invalid.Contains(c) ? '-' : c)).TrimStart('.');
    }

    private static void CheckName(string id, string? given)
    {
        bool isName = id.Length is > 0 and <= 100 && !id.StartsWith('.') && id.IndexOfAny(s_invalid) < 0 && id.Trim() == id && !id.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);
        if (!isName)
        {
            throw new UpscaleException(
                UpscaleErrorId.OptionInvalid,
                $"'{id}' is no name for a network: it is a folder's name of at most 100 characters that begins with no dot and does not end in .onnx.{(given is null ? " Give it another one." : "")}");
        }
    }

    /// <summary>The id of a network in the user's folder as it is written there, upper and lower case apart; null for none.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.TargetExists"/>: a network elsewhere has it.</exception>
    private string? Installed(string id)
    {
        if (catalog.OriginOf(id) is not { } place)
            return null;
        string at = Path.GetDirectoryName(place.Path)!;
        if (Path.GetDirectoryName(at) == folder)
            return Path.GetFileName(at);
        string whose = place.Origin == ModelOrigin.Bundled ? "comes with this program" : $"lies in {at}";
        throw new UpscaleException(UpscaleErrorId.TargetExists, $"There is a network '{id}' already: it {whose}. Give this one another name.");
    }
}
